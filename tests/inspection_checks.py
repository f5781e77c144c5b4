"""The forty checks of inspection day, and the tests that answer each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One line of the official's script, in both languages, and the tests that prove it."""

    number: int
    zh: str
    en: str
    tests: tuple[str, ...] = ()


def _in(path: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{path}.py::test_{name}" for name in names)


CHECKS = (
    Check(
        1,
        "滿七歲者受理，差一天者不受理",
        "A child of seven is taken, a day before is not",
        _in(
            "members/test_admission",
            "a_child_may_apply_on_the_seventh_birthday",
            "a_child_may_not_apply_the_day_before_the_seventh_birthday",
        ),
    ),
    Check(
        2,
        "二月二十九日出生者之年齡計算",
        "Who is born on a leap day is seven on the first of March",
        _in("members/test_admission", "who_is_born_on_a_leap_day_is_seven_on_the_first_of_march"),
    ),
    Check(
        3,
        "十五歲者無法定代理人不受理，有則受理",
        "At fifteen a guardian is needed, and is enough",
        (
            *_in("members/test_admission", "from_seven_to_seventeen_a_guardian_is_named"),
            *_in("web/test_desk_intake", "a_child_joins_with_a_guardian_and_goes_to_review"),
        ),
    ),
    Check(
        4,
        "國民、新舊式統一證號、無戶籍國民、港澳及大陸地區人民，臨櫃與網路均可申辦",
        "Every kind of person applies at a counter and online",
        _in(
            "members/test_admission",
            "a_national_may_apply_through_every_channel",
            "every_kind_of_resident_may_apply_through_every_channel",
            "an_old_number_is_taken_until_it_is_void",
        ),
    ),
    Check(
        5,
        "證號檢查碼錯誤、全形、小寫、換行之處理",
        "Wrong check digits are refused; width, case and line ends are read",
        (
            *_in(
                "members/test_numbers",
                "full_width_and_small_letters_and_spaces_make_the_same_number",
            ),
            *_in(
                "members/test_admission",
                "a_number_that_is_none_is_refused",
                "a_number_may_be_typed_in_any_width_and_case",
            ),
        ),
    ),
    Check(
        6,
        "同時重複申請，僅一件成立",
        "Of two applications at once exactly one survives",
        _in("members/test_applications", "of_two_applications_at_once_exactly_one_survives"),
    ),
    Check(
        7,
        "審核通過前不能登入",
        "Nobody signs in before approval",
        (
            *_in(
                "web/test_track",
                "who_signs_in_with_the_receipt_is_told_to_wait_and_no_code_is_issued",
            ),
            *_in("web/test_activate", "between_approval_and_choice_there_is_no_password_anywhere"),
        ),
    ),
    Check(
        8,
        "收件人員不得審核同一件",
        "Who took an application in does not review it",
        (
            *_in("web/test_doit_reviews", "the_clerk_who_took_it_in_decides_nothing_about_it"),
            *_in("members/test_approvals", "the_database_refuses_a_reviewer_who_was_the_clerk_too"),
        ),
    ),
    Check(
        9,
        "憑收件單即可查詢進度",
        "The slip alone tells how far a case is",
        (
            *_in("web/test_track_case", "the_slip_alone_tells_how_far_a_case_is_and_names_nobody"),
            *_in("web/test_track", "the_receipt_shows_the_state_what_is_next_and_by_when"),
        ),
    ),
    Check(
        10,
        "缺件者發給不受理通知，且不留其他資料",
        "Who lacks a document gets a slip, and nothing else is stored",
        _in("web/test_apply", "who_is_turned_away_gets_a_slip_and_leaves_nothing_else"),
    ),
    Check(
        11,
        "委託書之範圍與期限",
        "A power of attorney has a scope and an end",
        _in(
            "counters/test_letters",
            "each_fault_of_a_letter_has_its_own_refusal",
            "a_letter_is_good_to_the_end_of_its_last_day",
        ),
    ),
    Check(
        12,
        "受託人辦理時即通知本人",
        "The principal is told of what a proxy does",
        _in(
            "web/test_desk_intake",
            "the_principal_is_told_at_once_and_stops_the_case_with_one_press",
        ),
    ),
    Check(
        13,
        "未刊登公報之窗口不生效力",
        "A counter without its gazette notice does nothing",
        _in("counters/test_duty", "without_gazette_nothing_is_in_force"),
    ),
    Check(
        14,
        "未受訓人員不得辦理",
        "An untrained clerk is locked out",
        _in("web/test_clerks", "an_untrained_clerk_is_locked_out_and_sees_why"),
    ),
    Check(
        15,
        "無讀取設備之窗口不得開放",
        "A counter without a reader cannot open",
        _in("counters/test_duty", "a_counter_without_desk_clerk_or_reader_cannot_open"),
    ),
    Check(
        16,
        "未登記之讀取設備不得使用",
        "A reader that is not registered is not used",
        _in("web/test_clerks", "only_a_registered_reader_is_used"),
    ),
    Check(17, "附表修改須經資訊局確認", "A changed form waits for the Bureau"),
    Check(18, "不在項目內之服務不能列入", "A service outside the catalogue stands on no form"),
    Check(
        19,
        "自持卡、核發新卡、自持裝置均可完成綁定",
        "An own card, a new card and an own device are each bound",
        (
            *_in("web/test_desk_cases", "a_card_is_bound_at_the_desk_marked_and_the_case_closed"),
            *_in("web/test_desk_cards", "a_new_card_goes_from_the_case_to_its_members_own_hand"),
            *_in("web/test_devices", "a_device_is_registered_by_its_request_and_renewed"),
        ),
    ),
    Check(
        20,
        "未綁定載具不得結案",
        "No case closes without a carrier",
        _in("web/test_desk_cases", "a_case_is_not_closed_before_something_is_bound"),
    ),
    Check(
        21,
        "掛失之卡一秒內失效，其他載具照常",
        "A lost card is dead within a second, the others live",
        (
            *_in("web/test_cards", "a_lost_card_is_refused_and_what_it_opened_ends"),
            *_in("web/test_desk_cases", "a_loss_stops_one_card_at_once_and_leaves_the_others"),
        ),
    ),
    Check(
        22,
        "郵寄之卡未啟用前不生作用",
        "A mailed card does nothing until it is activated",
        _in(
            "counters/test_card_orders",
            "a_mailed_card_does_nothing_until_the_code_that_came_another_way",
        ),
    ),
    Check(
        23,
        "查詢帳號與重設密碼，對任何人回覆一致",
        "Recovery answers members and strangers alike",
        _in(
            "web/test_recovery",
            "strangers_members_suspended_and_children_get_the_same_answer",
            "an_account_query_answers_everybody_alike",
        ),
    ),
    Check(
        24,
        "大量歸戶：試跑、中斷、續行、重複、復原",
        "Consolidation: dry run, kill, resume, repeat, roll back",
    ),
    Check(25, "多出欄位者整批退回", "An extra column refuses the whole batch"),
    Check(26, "資料衝突不影響既有權利", "A conflict takes no right away"),
    Check(
        27,
        "中止須另一人查證，並同時通知",
        "A suspension needs a second person, and tells the member with it",
        (
            *_in(
                "services/test_findings",
                "only_a_second_person_suspends_and_only_with_file_and_reason",
            ),
            *_in(
                "web/test_agency_eligibility",
                "a_second_person_suspends_and_the_notice_leaves_with_the_decision",
            ),
        ),
    ),
    Check(
        28,
        "陳情成立者回溯恢復",
        "An upheld petition restores from the first day",
        (
            *_in("services/test_petitions", "upheld_restores_as_from_the_suspension"),
            *_in(
                "web/test_petitions",
                "a_petition_upheld_restores_and_the_history_has_no_gap",
            ),
        ),
    ),
    Check(
        29,
        "查核逾三成者暫停",
        "A re-check of three in ten stops",
        _in(
            "services/test_findings",
            "a_check_that_touches_three_in_ten_stops_until_somebody_else_agrees",
            "several_small_checks_within_a_month_are_one",
        ),
    ),
    Check(
        30,
        "落日及窗口公告與資料庫一致",
        "The public pages of sunset and counters say what the database says",
    ),
    Check(
        31,
        "停班日順延辦理期限",
        "A typhoon day moves the day a case is due",
        _in(
            "counters/test_terms",
            "filed_on_friday_at_17_59_before_a_long_weekend_it_is_due_as_the_calendar_says",
            "a_typhoon_moves_it",
            "what_the_public_reads_is_what_a_case_gets",
        ),
    ),
    Check(32, "同意例外到期可見", "A waiver that ended is seen"),
    Check(
        33,
        "機關間無法比對使用者",
        "Agencies cannot join their users",
        _in("collusion/test_collusion", "what_four_parties_pool_joins_nobody_better_than_chance"),
    ),
    Check(
        34,
        "同意限於單一服務，撤回一秒內生效",
        "Consent is for one service, and withdrawal counts within a second",
        (
            *_in(
                "collusion/test_exchange",
                "consent_for_one_service_serves_no_other_of_the_same_agency",
            ),
            *_in("live/test_serving", "after_a_withdrawal_no_process_hands_out_claims"),
        ),
    ),
    Check(
        35,
        "特約商店只知是否符合，不知原因",
        "A merchant learns yes or no and never why",
        (
            *_in(
                "web/test_offer_claim",
                "the_reason_for_a_yes_cannot_be_told",
                "no_note_a_no_and_a_dispute_are_the_same_false",
            ),
            *_in("web/test_alike", "at_a_till_nothing_but_the_word_differs"),
        ),
    ),
    Check(
        36,
        "契約終止即不得使用",
        "The end of a contract ends a merchant's access",
        _in("web/test_alike", "once_the_contract_ended_every_member_is_the_same_refusal"),
    ),
    Check(
        37,
        "會員可見自己的足跡，包括人員查閱之事由",
        "A member reads who looked, and why",
        (
            *_in("web/test_desk_intake", "who_was_looked_at_reads_it_in_their_footprint"),
            *_in(
                "web/test_audit_exceptions",
                "who_looked_up_a_neighbour_stands_in_the_report_and_in_the_neighbours_footprint",
            ),
        ),
    ),
    Check(
        38,
        "竄改紀錄必被發現",
        "An edited record is found",
        (
            *_in(
                "audit/test_verifying",
                "an_edited_line_is_named",
                "an_edited_line_with_a_new_seal_breaks_the_next_link_and_the_root",
            ),
            *_in("audit/test_trail", "an_edited_entry_is_named", "a_removed_entry_is_named"),
        ),
    ),
    Check(
        39,
        "帳號刪除後資料不存，可重新申請，權利不受影響",
        "After deletion nothing is left, and the person may come again",
        (
            *_in(
                "web/test_leaving",
                "at_the_end_login_numbers_and_hashes_are_gone",
                "nothing_in_the_database_says_who_it_was",
            ),
            *_in(
                "members/test_applications",
                "who_leaves_takes_the_application_along_and_may_come_back",
            ),
        ),
    ),
    Check(
        40,
        "個資事件演練：數分鐘內列出受影響者並通知",
        "Breach drill: those affected are listed and told within minutes",
        (
            *_in(
                "audit/test_affected",
                "a_clients_incident_touched_whoever_it_saw_in_that_time_and_nobody_else",
            ),
            *_in(
                "web/test_incidents",
                "the_touched_are_found_told_once_each_and_read_it_in_their_footprint",
            ),
            *_in("cli/test_cli_incident", "a_drill_prints_how_many_a_client_touched"),
        ),
    ),
)
