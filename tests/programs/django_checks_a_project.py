# packages: django
# files: sample_project
# directory: sample_project
# target: sample_project/manage.py
# arguments: check
# manage.py check, as a user starts it.
