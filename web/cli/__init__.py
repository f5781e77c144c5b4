"""The operator's command, `taipei-id`: one module a family of commands.

Exit codes: 0 done, 1 refused or unwell (one line says what to do), 2 wrongly called. On a terminal
the output is coloured; anywhere else it is plain lines, tables tab-separated.
"""

import gc

gc.disable()  # nothing that is read in is garbage: looking for some is a quarter of the start

import click

from web.cli import (
    application,
    approval,
    approval_rule,
    audit,
    backup,
    bench_data,
    calendar,
    card_keys,
    certificates,
    client,
    conformance,
    consolidation,
    contract,
    counter,
    database,
    demo,
    doctor,
    incident,
    jobs,
    keys,
    ledger,
    member,
    member_check,
    member_proxy,
    member_record,
    offer,
    officer,
    population,
    purge,
    receipt,
    registration_token,
    requests,
    resource,
    review,
    serve,
    service,
    sign_out,
    standing,
    terminal,
    terms,
    views,
    worker,
)
from web.cli.refusals import Commands

gc.freeze()
gc.enable()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="taipei-id", prog_name="taipei-id")
def main() -> None:
    """Run and look after Taipei ID, the city's OpenID Connect provider.

    Settings come from TAIPEI_ID_… variables and the TOML file named by TAIPEI_ID_CONFIG;
    docs/configuration.md lists them.
    """


for _command in (
    serve.serve,
    worker.worker,
    jobs.jobs,
    receipt.receipt,
    requests.requests,
    application.application,
    terms.terms,
    calendar.calendar,
    bench_data.bench_data,
    service.service,
    counter.counter,
    consolidation.consolidation,
    offer.offer,
    officer.officer,
    approval_rule.approval_rule,
    views.views,
    population.population,
    database.db,
    backup.backup,
    backup.restore,
    sign_out.sign_out_everybody,
    keys.keys,
    certificates.certificates,
    card_keys.card_keys,
    client.client,
    terminal.terminal,
    resource.resource,
    registration_token.registration_token,
    member.member,
    audit.audit,
    incident.incident,
    ledger.ledger,
    demo.demo,
    demo.sandbox,
    conformance.conformance_seed,
    doctor.doctor,
    purge.purge,
):
    main.add_command(_command)

for _command in (*approval.COMMANDS, *review.COMMANDS, contract.contract):
    client.client.add_command(_command)

for _command in (
    *member_proxy.COMMANDS,
    *member_record.COMMANDS,
    *standing.COMMANDS,
    member_check.checked,
):
    member.member.add_command(_command)
