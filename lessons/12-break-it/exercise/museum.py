"""The museum's drills: ``./lab run museum.py`` drills every exhibit, ``./lab run museum.py 03 07`` these two."""

from lessons.kit.museum.guide import main

if __name__ == "__main__":
    main()
