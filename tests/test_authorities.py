"""Finding an authority by name or code, and what is said of one that changed."""

import pandas as pd
import pytest

from sufficiency.errors import UnknownAuthority, UserError
from sufficiency.history.authorities import (
    all_authorities,
    find_authority,
    latest_figures,
    plain_name,
)
from sufficiency.history.published import PublishedHistory
from sufficiency.history.reference import shipped_reference


def refusal(text: str) -> str:
    with pytest.raises(UnknownAuthority) as fault:
        find_authority(text)
    assert isinstance(fault.value, UserError)
    return str(fault.value)


@pytest.mark.parametrize(
    "text",
    [
        *("Wolverhampton", "wolverhampton ", "City of Wolverhampton Council"),
        *("WOLVERHAMPTON CITY COUNCIL", "336", "E08000031", "e08000031"),
    ],
)
def test_one_authority_by_many_names(text: str) -> None:
    found = find_authority(text)
    assert (found.name, found.old_la_code, found.new_la_code, found.region) == (
        "Wolverhampton",
        "336",
        "E08000031",
        "West Midlands",
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("St Helens", "342"),
        ("Telford & Wrekin Council", "894"),
        ("Royal Borough of Windsor & Maidenhead", "868"),
        ("London Borough of Hammersmith & Fulham", "205"),
        ("Bristol", "801"),
        ("Hull City Council", "810"),
        ("Durham County Council", "840"),
        ("City of London", "201"),
        ("City of London Corporation", "201"),
        ("Bournemouth Christchurch & Poole", "839"),
        ("BCP Council", "839"),
        ("Dorset", "838"),
        ("Stockton on Tees", "808"),
        ("King's Lynn", ""),
    ],
)
def test_spellings(text: str, code: str) -> None:
    if code:
        assert find_authority(text).old_la_code == code
    else:
        assert "No English authority is called" in refusal(text)


def test_every_authority_is_found_by_its_name_and_both_codes() -> None:
    for authority in all_authorities():
        for text in (authority.name, authority.old_la_code, authority.new_la_code):
            assert find_authority(text) == authority
    assert find_authority(336) == find_authority("336")


def test_plain_names_do_not_collide() -> None:
    names = [plain_name(authority.name) for authority in all_authorities()]
    assert len(set(names)) == len(names)
    assert find_authority("Nottingham") != find_authority("Nottinghamshire")


def test_near_misses_get_at_most_three_suggestions() -> None:
    assert "Did you mean Wolverhampton" in refusal("Wolverhamton")
    assert "Newcastle upon Tyne" in refusal("Newcastle")
    assert refusal("Kingston").count(" or ") <= 2
    assert "Did you mean" not in refusal("xyzzy")
    assert 'has the code "999"' in refusal("999")
    assert "No authority was named" in refusal("  ")


@pytest.mark.parametrize(
    ("text", "when", "instead"),
    [
        ("Northamptonshire", "2021", ["North Northamptonshire", "West Northamptonshire"]),
        ("928", "2021", ["North Northamptonshire", "West Northamptonshire"]),
        ("Bournemouth", "2019", ["Bournemouth, Christchurch and Poole"]),
        ("Poole", "2019", ["Bournemouth, Christchurch and Poole"]),
        ("835", "2019", ["Dorset (838)", "Bournemouth, Christchurch and Poole"]),
        ("Cumberland", "2023", ["Cumbria"]),
        ("Westmorland and Furness", "2023", ["Cumbria"]),
    ],
)
def test_a_change_says_when_and_what_to_use(text: str, when: str, instead: list[str]) -> None:
    said = refusal(text)
    assert f"1 April {when}" in said
    assert "Use" in said
    for name in instead:
        assert name in said
        find_authority(name.partition(" (")[0])


def test_cumbria_is_usable_and_says_that_it_was_split() -> None:
    note = find_authority("Cumbria").note
    assert "split on 1 April 2023" in note
    assert "Cumberland" in note
    assert "Westmorland and Furness" in note


@pytest.mark.parametrize(
    ("former", "code"), [("E10000002", "825"), ("E10000023", "815"), ("E10000027", "933")]
)
def test_a_change_of_code_alone_keeps_the_history(former: str, code: str) -> None:
    found = find_authority(former)
    assert found.old_la_code == code
    assert PublishedHistory.as_at(2023).panel(found).index[0] == 2010


def test_all_authorities_are_those_with_figures_in_the_last_year() -> None:
    panel = shipped_reference().table("panel")
    last = panel[(panel["year"] == 2023) & (panel["level"] == "Local authority")]
    expected = set(last.loc[last["cla_31_march"].notna(), "old_la_code"])
    assert {authority.old_la_code for authority in all_authorities()} == expected
    assert len(expected) == 152


def test_latest_figures() -> None:
    figures = latest_figures().set_index("name")
    row = figures.loc["Wolverhampton"]
    assert (row["year"], row["in_care"], row["started"], row["ceased"]) == (2023, 498, 123, 138)
    assert (row["rate_per_10k"], row["uasc"]) == (78.1, 32)
    assert figures["in_care"].sum() == pytest.approx(83_840, rel=0.005)
    assert pd.isna(figures.loc["City of London", "uasc"])


def test_every_authority_has_ten_neighbours_with_figures() -> None:
    history = PublishedHistory.as_at(2023)
    for authority in all_authorities():
        neighbours = history.neighbours(authority)
        assert len(neighbours) == 10
        assert authority not in neighbours
    names = [found.name for found in history.neighbours(find_authority("Wolverhampton"))]
    assert names[:3] == ["Sandwell", "Nottingham", "Walsall"]
