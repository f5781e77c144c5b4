"""The Flask application: URLs, templates, forms, cookies; the one room that knows every other.

`app.create_app` puts the rooms together; `scope` opens one transaction a request; `oidc` is the
protocol, `interactions` the pages of a sign-in, `account` the member's own pages.
"""
