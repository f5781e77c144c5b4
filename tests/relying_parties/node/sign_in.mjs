// Log in with openid-client, as its manual says. What to be comes as JSON in the first argument;
// the authorization URL goes out as a line, the address the browser came back to comes in as one,
// and what the client then knows goes out as JSON.

import { createInterface } from 'node:readline/promises'
import * as oidc from 'openid-client'

const asked = JSON.parse(process.argv[2])

async function authentication() {
  switch (asked.method) {
    case 'client_secret_basic':
      return oidc.ClientSecretBasic(asked.secret)
    case 'client_secret_post':
      return oidc.ClientSecretPost(asked.secret)
    case 'private_key_jwt': {
      const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
      const key = await crypto.subtle.importKey('jwk', asked.key, algorithm, false, ['sign'])
      return oidc.PrivateKeyJwt({ key, kid: asked.key.kid })
    }
    default:
      return oidc.None()
  }
}

async function refusal(promise) {
  try {
    await promise
  } catch (error) {
    return error.error ?? error.cause?.[0]?.parameters?.error ?? error.code ?? String(error)
  }
  return 'none'
}

const config = await oidc.discovery(
  new URL(asked.issuer), asked.client_id, undefined, await authentication(),
  { execute: [oidc.allowInsecureRequests] },
)
const verifier = oidc.randomPKCECodeVerifier()
const checks = {
  pkceCodeVerifier: verifier,
  expectedState: oidc.randomState(),
  expectedNonce: oidc.randomNonce(),
  idTokenExpected: true,
}
const authorization = oidc.buildAuthorizationUrl(config, {
  redirect_uri: asked.redirect_uri,
  scope: asked.scope,
  state: checks.expectedState,
  nonce: checks.expectedNonce,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
})
console.log(authorization.href)

const lines = createInterface({ input: process.stdin })
const callback = new URL(await lines.question(''))
lines.close()

const strange = new URL(callback)
strange.searchParams.set('iss', 'https://somebody.else.invalid')
const mixedUp = await refusal(oidc.authorizationCodeGrant(config, strange, checks))

const tokens = await oidc.authorizationCodeGrant(config, callback, checks)
const { sub, nonce } = tokens.claims()
const claims = await oidc.fetchUserInfo(config, tokens.access_token, sub)
const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token)
const renewed = await oidc.fetchUserInfo(config, fresh.access_token, sub)
const leave = oidc.buildEndSessionUrl(config, {
  id_token_hint: tokens.id_token,
  post_logout_redirect_uri: asked.goodbye,
})
await oidc.tokenRevocation(config, fresh.refresh_token)
const afterwards = await refusal(oidc.fetchUserInfo(config, fresh.access_token, sub))

console.log(JSON.stringify({
  issuer: config.serverMetadata().issuer,
  nonceKept: nonce === checks.expectedNonce,
  refreshed: fresh.refresh_token !== tokens.refresh_token,
  mixedUp, claims, renewed, afterwards, leave: leave.href,
}))
