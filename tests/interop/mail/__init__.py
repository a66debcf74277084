"""The stories of the suite `mail`; see suites/mail.py."""
