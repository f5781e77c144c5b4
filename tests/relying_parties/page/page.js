// A public client that lives in the browser alone, as oidc-client-ts' own examples have it.
const told = document.getElementById('told');
const tell = (what) => { told.textContent = JSON.stringify(what); };
const here = window.location.origin;

async function begin() {
  const settings = await (await fetch('/settings.json')).json();
  const manager = new oidc.UserManager({
    ...settings,
    redirect_uri: `${here}/callback`,
    post_logout_redirect_uri: `${here}/goodbye`,
    loadUserInfo: true,
    automaticSilentRenew: false,
  });
  const press = (id, act) => document.getElementById(id).addEventListener('click', () =>
    act().catch((error) => tell({ error: String(error) })));
  press('sign_in', () => manager.signinRedirect());
  press('sign_out', () => manager.signoutRedirect());
  press('renew', async () => {
    const before = await manager.getUser();
    const after = await manager.signinSilent();
    tell({ renewed: after.access_token !== before.access_token, name: after.profile.name });
  });
  if (window.location.pathname === '/callback') {
    const user = await manager.signinCallback();
    window.history.replaceState({}, '', '/');
    tell({ name: user.profile.name, scopes: user.scopes, refreshable: Boolean(user.refresh_token) });
  }
  if (window.location.pathname === '/goodbye') {
    await manager.signoutCallback();
    tell({ signedIn: (await manager.getUser()) !== null });
  }
}

begin().catch((error) => tell({ error: String(error) }));
