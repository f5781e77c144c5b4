from consent.catalogue import BY_NAME, CLAIMS, SCOPES, claims_of_scopes, in_order


def test_every_claim_has_one_name_two_labels_and_a_scope_that_exists() -> None:
    assert len(BY_NAME) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.label.zh
        assert claim.label.en
        assert claim.scope in SCOPES


def test_scopes_bundle_what_openid_connect_says() -> None:
    assert claims_of_scopes(["openid"]) == {"sub"}
    assert claims_of_scopes(["email"]) == {"email", "email_verified"}
    assert claims_of_scopes(["phone"]) == {"phone_number", "phone_number_verified"}
    assert claims_of_scopes(["address"]) == {"address"}
    assert {"name", "birthdate", "updated_at"} <= claims_of_scopes(["profile"])


def test_a_scope_nobody_knows_bundles_nothing() -> None:
    assert claims_of_scopes(["national_id", ""]) == frozenset()


def test_claims_are_shown_in_the_catalogues_order_and_unknown_ones_dropped() -> None:
    names = [claim.name for claim in in_order(["email", "national_id", "name", "sub"])]

    assert names == ["sub", "name", "email"]
