"""The page says what is there, and shows what is needed."""

import re

import pytest

from cli.config import ROOT
from tests.kubernetes.checks import CHECKS
from tests.kubernetes.checks.references import BY_HAND
from tests.kubernetes.objects import HOME, OVERLAYS, Objects, container_of, objects_of, source_of
from tests.kubernetes.schemas import VERSIONS

PAGE = source_of("deploy/kubernetes/README.md")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_table_counts_the_objects_of(overlay: str) -> None:
    """Its last column."""
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| [`{overlay}`]")]
    assert str(len(objects_of(overlay))) == row.split("|")[-2].strip()


def test_the_page_counts_the_checks() -> None:
    """As many as there are."""
    assert f"{len(CHECKS)} checks of ours" in PAGE


def test_the_page_names_the_versions_of_kubernetes() -> None:
    """kind's is one of them."""
    assert f"{', '.join(VERSIONS[:-1])}\nand {VERSIONS[-1]}" in PAGE
    assert set(re.findall(r"kindest/node:v(\d+\.\d+)", PAGE)) < set(VERSIONS)


@pytest.mark.parametrize("secret", BY_HAND)
def test_the_page_shows_how_a_secret_is_made(secret: str) -> None:
    """With the key that is read."""
    (key,) = BY_HAND[secret]
    assert f"create secret generic {secret} --from-literal={key}=" in PAGE


def test_every_image_is_built_and_loaded() -> None:
    """Under the name that the classroom asks for."""
    images = {container_of(one)["image"] for one in Objects(objects_of("classroom")).deployments()}
    for image in sorted(images):
        room = image.partition("/")[2].partition(":")[0]
        assert f"docker build -t {image} -f {room}/Dockerfile ." in PAGE
    assert f"kind load docker-image --name tasklab {' '.join(sorted(images))}" in PAGE


@pytest.mark.parametrize("path", sorted(set(re.findall(r"deploy/kubernetes/[\w/.-]+\w", PAGE))))
def test_a_path_that_is_typed_is_there(path: str) -> None:
    """Of this repository."""
    assert (ROOT / path).exists()


@pytest.mark.parametrize("link", sorted({link for link in re.findall(r"\]\(([^)#]+)\)", PAGE) if "://" not in link}))
def test_a_link_leads_somewhere(link: str) -> None:
    """From this folder."""
    assert (HOME / link).exists()


def test_broker_and_database_are_those_of_compose() -> None:
    """The same versions in all ways of running."""
    objects, compose = Objects(objects_of("production")), source_of("docker-compose.yml")
    assert f":-{objects.of('RabbitmqCluster')[0]['spec']['image']}}}" in compose
    (mongo,) = re.findall(r"MONGO_IMAGE:-mongo:([\d.]+)}", compose)
    assert objects.of("MongoDBCommunity")[0]["spec"]["version"].startswith(f"{mongo}.")


def test_the_images_run_as_the_user_that_the_pods_have() -> None:
    """Else a file that the image made for its user could not be read."""
    for room in ("app", "asyncapp"):
        (user,) = re.findall(r"^USER (\d+):(\d+)$", source_of(f"{room}/Dockerfile"), re.MULTILINE)
        pods = [
            one["spec"]["template"]["spec"]["securityContext"] for one in Objects(objects_of("canary")).deployments()
        ]
        assert {user} == {(str(pod["runAsUser"]), str(pod["runAsGroup"])) for pod in pods}
