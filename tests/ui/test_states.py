"""What a person sees when something fails."""

from streamlit.testing.v1 import AppTest


def test_a_failure_is_a_sentence_and_never_a_traceback() -> None:
    def page() -> None:
        from ui.states import shielded

        with shielded():
            raise ZeroDivisionError("secret path")

    app = AppTest.from_function(page, default_timeout=30).run()
    assert not app.exception
    drawn = app.get("bidi_component")[0].proto.json
    assert "This page cannot be shown right now" in drawn
    assert "secret path" not in drawn


def test_a_failure_of_the_engine_says_its_own_words() -> None:
    def page() -> None:
        from kpi.errors import KpiError
        from ui.states import shielded

        with shielded():
            raise KpiError("there is no KPI named so")

    app = AppTest.from_function(page, default_timeout=30).run()
    assert "there is no KPI named so" in app.get("bidi_component")[0].proto.json


def test_data_of_an_earlier_version_are_a_state_of_their_own() -> None:
    def page() -> None:
        from kpi.errors import DataOutdatedError
        from ui.states import shielded

        with shielded():
            raise DataOutdatedError("before there was deal.first_stage")

    app = AppTest.from_function(page, default_timeout=30).run()
    drawn = app.get("bidi_component")[0].proto.json
    assert "The data are older than this dashboard." in drawn
    assert "before there was deal.first_stage" in drawn
