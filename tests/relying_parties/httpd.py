"""Run Apache with mod_auth_openidc in front of one page, from a folder of its own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template

from kernel.ids import new_secret
from tests.live.programs import free_port, running

HTTPD = "/usr/sbin/apache2"
MODULES = Path("/usr/lib/apache2/modules")
# What mod_auth_openidc needs, and what shows the page; the rest Debian compiles in.
LOADED = (
    "mpm_event authn_core authz_core authz_user alias dir mime include filter auth_openidc".split()
)
WEB_USER = "www-data"  # root's Apache answers as somebody who may do nothing

CONFIGURATION = Template("""
ServerRoot "$folder"
DefaultRuntimeDir "$folder/run"
PidFile "$folder/run/httpd.pid"
Mutex posixsem
ErrorLog "/dev/stderr"
LogLevel warn
Listen 127.0.0.1:$port
ServerName 127.0.0.1:$port
StartServers 1
ThreadsPerChild 8
MaxRequestWorkers 8
$modules
$user
TypesConfig /dev/null
AddType text/html .html
AddDefaultCharset UTF-8
AddOutputFilter INCLUDES .html
DocumentRoot "$folder/site"
OIDCProviderMetadataURL $issuer/.well-known/openid-configuration
OIDCClientID $client_id
OIDCClientSecret $secret
OIDCRedirectURI http://127.0.0.1:$port/members/callback
OIDCCryptoPassphrase $passphrase
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCInfoHook userinfo access_token refresh_token
OIDCPassRefreshToken On
<Directory "$folder/site">
  Options Includes
  Require all granted
</Directory>
<Location "/members">
  AuthType openid-connect
  Require valid-user
</Location>
""")

PAGE = """<!doctype html><meta charset="utf-8">
<dl>
<dt>user</dt><dd><!--#echo encoding="none" var="REMOTE_USER" --></dd>
<dt>name</dt><dd><!--#echo encoding="none" var="OIDC_CLAIM_name" --></dd>
<dt>birthdate</dt><dd><!--#echo encoding="none" var="OIDC_CLAIM_birthdate" --></dd>
<dt>email</dt><dd><!--#echo encoding="none" var="OIDC_CLAIM_email" --></dd>
<dt>access</dt><dd><!--#echo encoding="none" var="OIDC_access_token" --></dd>
</dl>
"""


class Site:
    """Where one Apache will answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.callback = f"{self.origin}/members/callback"
        self.goodbye = f"{self.origin}/goodbye.html"

    @contextmanager
    def serving(self, *, issuer: str, client_id: str, secret: str) -> Iterator[None]:
        """Serve the site while the block runs."""
        self._write(issuer=issuer, client_id=client_id, secret=secret)
        command = [HTTPD, "-D", "FOREGROUND", "-f", str(self.folder / "httpd.conf")]
        environment = {"no_proxy": "localhost,127.0.0.1"}
        log = self.folder / "httpd.log"
        with running(command, environment=environment, log=log, ready=[self.goodbye]):
            yield

    def _write(self, **told: str) -> None:
        for name, text in (("members/index.html", PAGE), ("goodbye.html", "<p>goodbye</p>")):
            file = self.folder / "site" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        (self.folder / "run").mkdir()
        is_root = os.geteuid() == 0
        if is_root:
            self.folder.chmod(0o755)  # the web user reads the site in it
            shutil.chown(self.folder / "run", WEB_USER, WEB_USER)
        configuration = CONFIGURATION.substitute(
            told,
            folder=self.folder,
            port=self.port,
            passphrase=new_secret(),
            modules="\n".join(_load(name) for name in LOADED),
            user=f"User {WEB_USER}\nGroup {WEB_USER}" if is_root else "",
        )
        (self.folder / "httpd.conf").write_text(configuration, encoding="utf-8")


def _load(name: str) -> str:
    return f"LoadModule {name}_module {MODULES / f'mod_{name}.so'}"
