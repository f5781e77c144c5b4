"""Say what agencies' own systems may do at `/api/agency`."""

from kernel.wording import Bilingual
from web import agency_forms as forms
from web.api_interfaces import OF_A_KEY, Interface, Operation, in_path, key_header

ADDRESS = "/api/agency"
SUBMIT, READ, NOTE = "applications.submit", "applications.read", "services.note"
SCOPES = {
    SUBMIT: Bilingual("送出申請", "Hand in applications"),
    READ: Bilingual("查自己送出的申請的進度", "Follow the applications one handed in"),
    NOTE: Bilingual("寫自己服務的開通註記", "Note who has one's own services"),
}
CODE = r"[a-z][a-z0-9_]{0,63}"
OF_A_FORM = (
    *OF_A_KEY,
    "program.body_invalid",
    *("idno.format", "idno.checksum", "idno.kind_not_allowed", "idno.sunset", "name.format"),
    *("member.birthdate_impossible", "member.under_age_7", "member.guardian_required"),
    "member.capacity_representative_required",
    *("application.already_open", "residency.not_national_or_arc", "residency.permit_expired"),
    *("case.terms_not_accepted", "case.terms_version_changed", "mail.format", "phone.format"),
)
OF_A_NOTE = (
    *OF_A_KEY,
    *("program.body_invalid", "update.channel_not_approved", "service.not_yours"),
    *("service.not_found", "member.not_found", "service.note_unfounded", "service.note_older"),
    "service.closed",
)
INTERFACE = Interface(
    address=ADDRESS,
    title="interface for agencies",
    version="1.1",
    description="Applications from agencies' websites, and the outcomes of their cases.",
    scopes=SCOPES,
    operations=(
        Operation(
            method="get",
            path="/terms",
            scope=SUBMIT,
            name=Bilingual("現行的申辦規定", "The terms in force"),
            told=forms.TermsTold,
            told_example={
                "version": "2026-1",
                "text": {"zh-Hant-TW": "申辦前請閱讀…", "en": "Read this before you apply…"},
            },
        ),
        Operation(
            method="post",
            path="/applications",
            scope=SUBMIT,
            name=Bilingual("替申請人送出申請", "Hand in an application"),
            sent=forms.ApplicationSent,
            told=forms.ReceiptTold,
            status=201,
            codes=OF_A_FORM,
            parameters=(
                key_header(
                    "New for each application, the same when it is sent again within a day.",
                    required=True,
                ),
            ),
            sent_example={
                "kind": "national",
                "number": "A100000001",
                "name": "測試一號",
                "birth_date": "民國85年5月1日",
                "email": "one@mail.invalid",
                "terms": "2026-1",
            },
            told_example={
                "number": "M7K2P9QW",
                "secret": "7GK2-M4QP-9TTX-2B4N",
                "status": "counter_confirming",
            },
        ),
        Operation(
            method="get",
            path="/applications/{number}",
            scope=READ,
            name=Bilingual("查申請的進度", "Follow an application"),
            told=forms.ProgressTold,
            codes=("application.not_found",),
            parameters=(in_path("number", "The number on the receipt."),),
            told_example={
                "number": "M7K2P9QW",
                "status": "returned_for_correction",
                "submitted_at": "2026-11-23T04:00:00+00:00",
                "changed_at": "2026-11-24T01:30:00+00:00",
                "clause": "2(8)1",
            },
        ),
        Operation(
            method="post",
            path="/services/{code}/notes",
            scope=NOTE,
            name=Bilingual("寫下案件的結果", "Note the outcome of a case"),
            sent=forms.NoteSent,
            told=forms.NoteTold,
            codes=OF_A_NOTE,
            parameters=(
                in_path("code", "The service's code."),
                key_header("If one is sent, the same note is written once.", required=False),
            ),
            sent_example={
                "sub": "u3QmT0Vw",
                "state": "activated",
                "as_of": "2026-11-20",
                "case": "LOCK-7",
            },
            told_example={"service": "lockers", "state": "activated", "as_of": "2026-11-20"},
        ),
    ),
)
