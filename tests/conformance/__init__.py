"""The OpenID Foundation's conformance modules, each as one case against a running provider.

A folder is a plan, a case carries the module's name. What the suite waits for, we age in the
database; what it shows a person, we look for in the page.
"""
