"""Put the house together: settings in, one Flask application out."""

from importlib import import_module
from typing import Any, cast

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from adapters.loading import load
from clients import certificates as client_certificates
from clients.directory import SANDBOX_ONLY, Directory
from clients.keys import ClientKeys
from consent import representation
from consent.derived import Relay
from consent.seen_cards import ReaderKeys
from consent.till_answers import Till
from idp import acr, software_statements
from idp.keys import Keys
from idp.lifetimes import TokenLifetimes
from idp.nonces import Nonces
from idp.provider import Provider
from idp.registration import Registrar
from idp.request_uris import RequestUris
from idp.session_names import SessionNames
from idp.subjects import Subjects
from kernel import logs
from kernel.db import Sessions, open_engine, sessions
from kernel.keyring import Keyring
from kernel.opaque import Names
from kernel.replica import Replica
from kernel.settings import DEMO_MASTER_KEY, Settings, SettingsInvalid
from kernel.wording import Bilingual
from services import offers
from web import (
    account,
    account_acting,
    account_applications,
    account_applying,
    account_asked,
    account_card_orders,
    account_cards,
    account_carriers,
    account_changes,
    account_confirm,
    account_consents,
    account_contact,
    account_devices,
    account_download,
    account_found,
    account_guardians,
    account_leaving,
    account_messages,
    account_note_origin,
    account_passkeys,
    account_password,
    account_personal,
    account_petitions,
    account_requests,
    account_sanctions,
    account_services,
    account_sessions,
    account_show,
    acting_requests,
    activate,
    addresses,
    agency_activations,
    agency_annexes,
    agency_api,
    agency_attachments,
    agency_audits,
    agency_clients,
    agency_conflicts,
    agency_content,
    agency_counters,
    agency_days,
    agency_delegations,
    agency_eligibility,
    agency_equipment,
    agency_events,
    agency_imports,
    agency_inventory,
    agency_petitions,
    agency_runs,
    agency_services,
    apply,
    audit_asking,
    audit_evidence,
    audit_exceptions,
    audit_pages,
    calling,
    cards,
    certificate_front,
    certificates,
    chip_cards,
    clerk_changes,
    clerk_seat,
    console,
    console_officers,
    counter_api,
    counters_public,
    desk,
    desk_binding,
    desk_by_card,
    desk_cards,
    desk_cases,
    desk_codes,
    desk_declarations,
    desk_intake,
    desk_letters,
    desk_lost_letters,
    desk_mirror,
    desk_online,
    desk_petition_slips,
    desk_petitions,
    desk_slips,
    desk_steps,
    developers,
    device,
    device_lists,
    doit_audits,
    doit_branding,
    doit_changes,
    doit_clients,
    doit_controls,
    doit_front,
    doit_imports,
    doit_incidents,
    doit_inventory,
    doit_merchants,
    doit_operations,
    doit_organisations,
    doit_publications,
    doit_quality,
    doit_reviews,
    doit_rules,
    doit_runs,
    doit_services,
    doit_standing,
    doit_statistics,
    doit_terms,
    door,
    errors,
    event_api,
    footprint,
    headers,
    health,
    inbox,
    incidents_public,
    interaction_account,
    interaction_card,
    interaction_consent,
    interaction_guardian,
    interaction_login,
    interaction_method,
    interaction_phone,
    interactions,
    kit,
    logos,
    lost,
    merchant,
    merchant_api,
    merchant_events,
    merchant_offers,
    metrics,
    not_me,
    oidc,
    pages,
    passkeys,
    personas,
    petition,
    phone,
    public,
    public_attachments,
    public_data,
    public_search,
    public_services,
    public_status,
    reader_lists,
    receipts,
    recover,
    recover_carrier,
    recover_code,
    recover_slip,
    recover_ward,
    registration,
    sanction_desk,
    sandbox,
    sandbox_api,
    sandbox_seam,
    scope,
    sent,
    session_frame,
    signing_out,
    step_up,
    till,
    token_keys,
    track,
    track_case,
    turned_away,
    verify,
    wellknown,
)
from web.branding import Branding
from web.entitled import ByRule
from web.express import Express
from web.fronts import Front
from web.measuring import Measured
from web.referring import Referred
from web.rooms import Rooms

TRACING = "web.tracing"  # by name: only who wants traces has the extra
LARGEST_BODY = 64 * 1024
# Importing them hung their pages on the blueprint of the account, or of the interaction.
ACCOUNT_PAGES = (
    account_applications,
    account_applying,
    account_asked,
    account_cards,
    account_card_orders,
    account_carriers,
    account_changes,
    account_devices,
    account_confirm,
    account_consents,
    account_contact,
    account_found,
    account_messages,
    account_note_origin,
    account_passkeys,
    account_password,
    account_personal,
    account_services,
    account_sessions,
    account_show,
    receipts,
    recover_carrier,
)
RECOVERY_PAGES = (recover_code, recover_slip)
AGENCY_PAGES = (agency_attachments, agency_days, agency_delegations, agency_equipment, agency_runs)
GUARDIANS_PAGES = (account_acting, acting_requests, recover_ward)
MERCHANT_PAGES = (merchant_offers,)
PETITION_PAGES = (account_sanctions,)
PUBLIC_PAGES = (public_attachments, public_data, public_search, public_services, public_status)
TRACK_PAGES = (track_case,)
AUDIT_PAGES = (audit_asking, audit_evidence, audit_exceptions)
DESK_PAGES = (
    desk_binding,
    desk_by_card,
    desk_cards,
    desk_cases,
    desk_codes,
    desk_declarations,
    desk_intake,
    desk_letters,
    desk_lost_letters,
    desk_mirror,
    desk_online,
    desk_petition_slips,
    desk_petitions,
    desk_slips,
    desk_steps,
)
INTERACTION_PAGES = (
    interaction_account,
    interaction_card,
    interaction_consent,
    interaction_guardian,
    interaction_login,
    interaction_method,
    interaction_phone,
    step_up,
)


def create_app(settings: Settings, *, database: Sessions | None = None) -> Flask:
    """Return the application for these settings; `database` overrides theirs, for tests.

    Raises SettingsInvalid when an adapter cannot be loaded.
    """
    logs.quieten(logs.TALKATIVE)  # whoever serves us, and however it logs (PYOP 17)
    app = Flask("web", static_url_path="/static")
    app.request_class = sent.Sent
    app.config.update(
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_PARTS=200,
        DEBUG=settings.debug,
    )
    built = build_rooms(settings, database or sessions(open_engine(settings.database_url)))
    app.extensions["taipei_id"] = built
    for part in (addresses, scope, headers, pages, errors):
        part.init(app)
    blueprints = [
        oidc.bp,
        registration.bp,
        logos.bp,
        health.bp,
        metrics.bp,
        developers.bp,
        counters_public.bp,
        public.bp,
        clerk_seat.bp,
        agency_counters.bp,
        agency_imports.bp,
        agency_conflicts.bp,
        doit_imports.bp,
        agency_annexes.bp,
        agency_content.bp,
        agency_eligibility.bp,
        agency_petitions.bp,
        sanction_desk.agency,
        agency_inventory.bp,
        interactions.bp,
        account.bp,
        cards.bp,
        passkeys.bp,
        certificates.bp,
        certificate_front.bp,
        lost.bp,
        recover.bp,
        phone.bp,
        device.bp,
        chip_cards.bp,
        signing_out.bp,
        session_frame.bp,
        receipts.public,
    ]
    blueprints += [
        footprint.bp,
        till.bp,
        verify.bp,
        agency_api.bp,
        event_api.bp,
        counter_api.bp,
        merchant_api.bp,
        reader_lists.bp,
        device_lists.bp,
        account_requests.bp,
        account_petitions.bp,
        petition.bp,
        account_download.bp,
        account_leaving.bp,
        account_guardians.bp,
        not_me.bp,
        turned_away.bp,
        apply.bp,
        track.bp,
        activate.bp,
        desk.bp,
        console.bp,
        console_officers.bp,
        agency_audits.bp,
        audit_pages.bp,
        doit_front.bp,
        doit_audits.bp,
        doit_controls.bp,
        doit_incidents.bp,
        doit_operations.bp,
        doit_terms.bp,
        doit_statistics.bp,
        incidents_public.bp,
        doit_changes.bp,
        doit_inventory.bp,
        doit_organisations.bp,
        doit_merchants.bp,
        doit_clients.bp,
        doit_branding.bp,
        agency_clients.bp,
        agency_events.bp,
        merchant.bp,
        merchant_events.bp,
        doit_publications.bp,
        doit_quality.bp,
        doit_services.bp,
        agency_services.bp,
        agency_activations.bp,
        clerk_changes.bp,
        doit_reviews.bp,
        doit_rules.bp,
        doit_runs.bp,
        sanction_desk.bureau,
        doit_standing.bp,
    ]
    for blueprint in blueprints + ([kit.bp, inbox.bp] if settings.demo else []):
        app.register_blueprint(blueprint)
    if settings.sandbox.enabled:
        _open_sandbox(app)
    _wrap(app, settings, built.provider)
    return app


def _open_sandbox(app: Flask) -> None:
    for blueprint in (sandbox.bp, sandbox_api.bp):
        app.register_blueprint(blueprint)
    sandbox_seam.init(app)


def build_rooms(settings: Settings, database: Sessions) -> Rooms:
    """Return the parts of one process."""
    keyring = Keyring(settings.master_key.get_secret_value() or DEMO_MASTER_KEY)
    concern = {
        "argon2_parallel",
        "breach_list",
        "card_kinds",
        "certificates",
        "demo",
        "page_signed",
        "private_hosts",
        "token",
    }
    adapters = load(settings.adapters, settings.model_dump(include=concern), derive=keyring.derive)
    lifetimes, call = settings.lifetimes, calling.caller(settings)
    key_token = token_keys.for_signing(settings)
    reachable = acr.reachable(adapter.capabilities for adapter in adapters.values())
    provider = Provider(
        issuer=settings.issuer,
        directory=Directory(hybrid=settings.hybrid, sandbox=settings.sandbox.enabled),
        client_keys=ClientKeys(database, call),
        request_uris=RequestUris(database, call),
        keys=Keys(keyring, token=key_token),
        subjects=Subjects(keyring.derive("pairwise/v1")),
        session_names=SessionNames(keyring.derive("session-names/v1")),
        lifetimes=TokenLifetimes(
            code=lifetimes.of("code"),
            access=lifetimes.of("access_token"),
            refresh=lifetimes.of("refresh_token"),
            refresh_grace=lifetimes.of("refresh_grace"),
            id_token=lifetimes.of("id_token"),
            interaction=lifetimes.of("interaction"),
        ),
        acr_values=reachable,
        relay=Relay(keyring.derive("relay/v1"), settings.relay_domain),
        mtls_front=settings.mtls.front,
        authorities=client_certificates.read(
            settings.mtls.authorities, settings.mtls.revocation_lists
        ),
        nonces=Nonces(keyring.derive("dpop-nonce/v1")) if settings.dpop_nonces else None,
        hybrid=settings.hybrid,
    )
    return Rooms(
        settings=settings,
        branding=Branding(Bilingual(settings.service_name.zh, settings.service_name.en)),
        sessions=database,
        replica=Replica(settings.replica_url) if settings.replica_url else None,
        keyring=keyring,
        provider=provider,
        registrar=Registrar(
            settings.issuer,
            call,
            synthetic=settings.demo,
            hybrid=settings.hybrid,
            prefix=SANDBOX_ONLY if settings.sandbox.enabled else "",
            software_issuers=software_statements.read(settings.software_issuers),
        ),
        adapters=adapters,
        csrf_key=keyring.derive("csrf/v1"),
        throttle_key=keyring.derive("throttle/v1"),
        not_me_key=keyring.derive("not-me/v1"),
        slip_key=keyring.derive("case-slip/v1"),
        names=Names(keyring),
        representation=representation.table_of(settings.representation.model_dump()),
        handover_key=keyring.derive("handover/v1"),
        reader_keys=ReaderKeys.of(keyring),
        till=Till(decide=offers.answer, keyring=keyring, key=keyring.derive("till/v1")),
        key_token=key_token,
        mtls_front=Front(settings.mtls.front, settings.certificate_front_secret.get_secret_value()),
        personas=personas.read(settings.personas),
        reachable=reachable,
        may_have=ByRule(keyring),
    )


def with_traces(application: Any, settings: Settings) -> Any:  # WSGI is untyped
    """Return `application`, each request traced. Raises SettingsInvalid without the extra."""
    try:
        tracing = import_module(TRACING)
    except ImportError:
        raise SettingsInvalid("traces: install taipei-id[otel], or leave it out") from None
    address, traced = settings.traces, settings.trusted_proxies > 0
    return tracing.to_collector(application, address=address, traced=traced)


def _wrap(app: Flask, settings: Settings, provider: Provider) -> None:
    if not settings.sandbox.enabled:  # there every request passes by the seam
        app.wsgi_app = Express(app.wsgi_app, app)  # type: ignore[method-assign]
    app.wsgi_app = wellknown.KeySet(  # type: ignore[method-assign]
        app.wsgi_app, lambda: cast("Rooms", app.extensions["taipei_id"])
    )
    app.wsgi_app = wellknown.Metadata(app.wsgi_app, provider.metadata)  # type: ignore[method-assign]
    app.extensions[door.EXTENSION] = app.wsgi_app = door.Door(  # type: ignore[method-assign]
        app.wsgi_app, longest=settings.longest_line, secure=settings.secure_cookies
    )
    app.wsgi_app = Measured(app.wsgi_app)  # type: ignore[method-assign]
    if settings.traces:
        app.wsgi_app = with_traces(app.wsgi_app, settings)  # type: ignore[method-assign]
    app.wsgi_app = Referred(  # type: ignore[method-assign]
        app.wsgi_app, traced=settings.trusted_proxies > 0
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
