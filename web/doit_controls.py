"""The Bureau's page of controls: what the law wants, and where its proof is (REGULATION 7.4)."""

from dataclasses import dataclass

from flask import Blueprint

from clients.officer_models import Role
from kernel.wording import Bilingual
from web import consoles
from web.reading_apart import read_apart

bp = Blueprint("doit_controls", __name__, url_prefix="/doit/controls")
INDEX = "doit_controls.index"


@dataclass(frozen=True)
class Control:
    """One control of the table: what is wanted, how it is kept, which tests prove it."""

    wanted: Bilingual
    kept: Bilingual
    tests: tuple[str, ...]
    endpoint: str = ""  # the page on which it can be seen at work


CONTROLS = (
    Control(
        Bilingual("帳號管理：定期審查、停用閒置帳號", "Accounts: reviewed, idle ones taken back"),
        Bilingual(
            "職務有期限，最長兩年；三個月沒用會標示，主管可隨時解除。",
            "Posts end within two years; those unused for three months are marked, and any can be "
            "ended at once.",
        ),
        ("tests/clients/test_officers.py", "tests/web/test_console_officers.py"),
        "console_officers.index",
    ),
    Control(
        Bilingual("最小權限、職務分離", "Least privilege, separated duties"),
        Bilingual(
            "每一頁只讓該職務進入；審核、稽核、系統管理不能同一人；重大決定要兩人。",
            "Each page lets in its own posts; reviewing, auditing and administration are never "
            "one person's; what weighs takes two.",
        ),
        ("tests/web/test_consoles.py", "tests/web/test_doit_standing.py"),
    ),
    Control(
        Bilingual("內部使用者多因子驗證", "Several factors for internal users"),
        Bilingual(
            "辦公要用通行密鑰或卡片；閒置 15 分鐘或滿 12 小時再確認。",
            "Work needs a passkey or a card, proved again after 15 idle minutes or 12 hours.",
        ),
        ("tests/web/test_consoles.py", "tests/adapters/test_passkey_adapter.py"),
    ),
    Control(
        Bilingual("登入失敗鎖定、防自動化", "Lockout, and brakes on machines"),
        Bilingual(
            "同一帳號、同一來源連續失敗就鎖定，並通知本人。",
            "An account or a source that fails too often is locked, and the member is told.",
        ),
        ("tests/kernel/test_throttle.py", "tests/web/test_login.py"),
        "doit_statistics.index",
    ),
    Control(
        Bilingual("密碼強度、不重複、雜湊保存", "Passwords: strong, new, hashed"),
        Bilingual(
            "最短長度、外洩清單比對、不得用前三次密碼；以 Argon2id 保存。",
            "A least length, a list of breached ones, none of the last three; kept as Argon2id.",
        ),
        (
            "tests/adapters/test_password_rules.py",
            "tests/adapters/test_password_breach.py",
            "tests/adapters/test_password_hashing.py",
        ),
    ),
    Control(
        Bilingual("重設密碼：驗明身分、限時限次", "Resetting: proved, once, for a short time"),
        Bilingual(
            "代碼一小時內用一次；只憑信箱重設的，三天內不能辦重要的事。",
            "A code works once within an hour; who reset by mail alone does little for three days.",
        ),
        ("tests/web/test_recovery.py", "tests/web/test_recovery_slips.py"),
    ),
    Control(
        Bilingual("稽核紀錄：誰、何時、做了什麼", "Audit events: who, when, what"),
        Bilingual(
            "每個動作寫進系統軌跡；和會員有關的，會員自己看得到。",
            "Each act is in the trail; what concerns a member stands in their footprint as well.",
        ),
        ("tests/web/test_footprint.py", "tests/web/test_audits.py"),
        "audits.index",
    ),
    Control(
        Bilingual("紀錄的完整性與異地備份", "Integrity of the records, and copies elsewhere"),
        Bilingual(
            "每分鐘串鏈並簽章；`taipei-id ledger export` 產生只增不改的簽章副本。",
            "Chained and signed every minute; `taipei-id ledger export` adds signed copies that "
            "are never written over.",
        ),
        ("tests/audit/test_verifying.py", "tests/audit/test_trail.py"),
        "doit_operations.index",
    ),
    Control(
        Bilingual("資料加密與金鑰管理", "Encryption, and keys"),
        Bilingual(
            "個資以 AES-256-GCM 逐人加密；簽章金鑰 90 天自動輪替，可放在 PKCS#11。",
            "Personal data sealed with AES-256-GCM, a key a person; signing keys rotate every 90 "
            "days and may live in a PKCS#11 token.",
        ),
        (
            "tests/kernel/test_keyring.py",
            "tests/idp/test_rotation.py",
            "tests/idp/test_token_keys.py",
        ),
        "doit_operations.index",
    ),
    Control(
        Bilingual("傳輸與網頁安全", "Transport and pages"),
        Bilingual(
            "HSTS、嚴格的內容安全政策、每個表單都有權杖。",
            "HSTS, a strict content security policy, a token in every form.",
        ),
        ("tests/web/test_forms.py",),
    ),
    Control(
        Bilingual("紀錄檔不含個資", "No personal data in logs"),
        Bilingual(
            "只寫代號、事件和代碼；程式庫的訊息也擋下。",
            "Identifiers, events and codes only; libraries are kept quiet as well.",
        ),
        ("tests/kernel/test_logs.py",),
    ),
    Control(
        Bilingual(
            "事件一小時內通報、找出受影響的人", "Incidents: reported in an hour, people found"
        ),
        Bilingual(
            "時鐘從知悉起算；名單由紀錄產生並固定；演練用 `taipei-id incident drill`。",
            "Clocks run from the moment it is known; the list comes from the ledger and is frozen; "
            "`taipei-id incident drill` practises it.",
        ),
        ("tests/audit/test_affected.py", "tests/web/test_incidents.py"),
        "doit_incidents.index",
    ),
    Control(
        Bilingual("跨機關不得串連", "No joining across agencies"),
        Bilingual(
            "每個機關看到的代號都不同；串通測試比對所有回應。",
            "Each agency knows a member by another name; a test lets agencies collude over all "
            "answers.",
        ),
        ("tests/collusion/test_collusion.py", "tests/idp/test_subjects.py"),
    ),
    Control(
        Bilingual(
            "安全開發：靜態檢查、每次變更都測試", "Secure development: checks at each change"
        ),
        Bilingual(
            "ruff 全部規則、mypy 嚴格模式、房間之間的匯入契約；每條規定對到測試。",
            "All of ruff, strict types, contracts between rooms; each clause names its tests.",
        ),
        ("tests/test_regulation.py", "tests/kernel/test_refusals.py"),
    ),
)


@bp.get("")
@consoles.staff_required(Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR)
@read_apart
def index() -> str:
    """List the controls with their proofs."""
    return consoles.page("console/controls.html", current=INDEX, controls=CONTROLS)


consoles.register_menu(
    INDEX,
    Bilingual("控制措施", "Controls"),
    icon="shield",
    roles=[Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR],
)
