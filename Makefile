# Thin names for ./lab, which does the work and explains itself: ./lab --help
.PHONY: up down test build lint

up:
	./lab up

down:
	./lab down

# make test SUITE=unit for one of them
test:
	./lab test $(SUITE)

# Only for the Docker way; ./lab up does it too where it is needed.
build:
	docker compose build

lint:
	./lab lint
