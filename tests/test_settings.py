"""Settings: every mistake named at once, in words, and no secret in any of them."""

import re
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.policy import EVERYONE, NOBODY, Audience
from bot.settings import BotSettings, LookupSettings, RecordSettings, read

GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-invented-bot",
    "SLACK_APP_TOKEN": "xapp-invented-app",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI-invented",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "invented-secret",
}


def mistakes(environment: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        read(BotSettings, environment)
    return "\n".join(caught.value.mistakes)


def test_the_defaults_are_those_of_the_readme() -> None:
    settings = read(BotSettings, GOOD)
    assert settings.phoneid_cams_url == "https://cams.ap-southeast-1.aliyuncs.com"
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.database_url == "sqlite:///phoneid.db"
    assert settings.phoneid_qps == 10
    assert settings.port == 3000
    assert settings.policy.agents == EVERYONE
    assert (settings.policy.trusted, settings.policy.approvers) == (NOBODY, NOBODY)
    assert not settings.policy.needs_approval
    assert settings.phoneid_approval_channel is None
    assert settings.phoneid_approval_ttl == 24 * 3600
    assert settings.phoneid_default_region is None
    assert settings.log_level == "INFO"


def test_with_nothing_set_every_missing_name_is_in_one_message() -> None:
    said = mistakes({})
    for name in ("SLACK_BOT_TOKEN", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        assert f"{name} is missing" in said
    assert "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing" in said


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SLACK_BOT_TOKEN", "xapp-other-way-round", "does not start with xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-other-way-round", "does not start with xapp-"),
        ("SLACK_BOT_TOKEN", "", "is missing"),
        ("SLACK_BOT_TOKEN", "   ", "is missing"),
        ("PORT", "web", "PORT"),
        ("PORT", "70000", "PORT"),
        ("PHONEID_QPS", "0", "PHONEID_QPS"),
        ("PHONEID_QPS", "ten", "PHONEID_QPS"),
        ("DATABASE_URL", "mysql://db", "is not a database that this version can use"),
        ("DATABASE_URL", "postgresql:///a b", "is not a database that this version can use"),
        ("PHONEID_DEFAULT_REGION", "China", "is not a country"),
        ("PHONEID_AGENTS", "ana@example.com", "must be a comma-separated list"),
        ("PHONEID_AGENTS", ",", "must be a comma-separated list"),
        ("PHONEID_AGENTS", "everyone,U0ANA", "must be a comma-separated list"),
        ("PHONEID_AGENTS", "", "is empty"),  # whoever empties the list did not mean everyone
        ("PHONEID_AGENTS", "   ", "is empty"),
        ("PHONEID_AGENTS", "U0ANA,everyone", "must be a comma-separated list"),
        ("PHONEID_AGENTS", "U0ANA,C0SUPPORT", "must be a comma-separated list"),
        ("PHONEID_TRUSTED", "everyone", "cannot be everyone"),
        ("PHONEID_TRUSTED", "lee", "must be a comma-separated list"),
        ("PHONEID_APPROVERS", "everyone", "cannot be everyone"),
        ("PHONEID_APPROVERS", "@leads", "must be a comma-separated list"),
        ("PHONEID_APPROVAL", "sometimes", "PHONEID_APPROVAL"),
        ("PHONEID_APPROVAL_CHANNEL", "#approvals", "PHONEID_APPROVAL_CHANNEL"),
        ("PHONEID_APPROVAL_CHANNEL", "U0LEE", "PHONEID_APPROVAL_CHANNEL"),
        ("PHONEID_APPROVAL_TTL", "24", "is not a length of time"),
        ("PHONEID_APPROVAL_TTL", "0h", "is not a length of time"),
        ("PHONEID_CAMS_URL", "cams.example", "is not a URL"),
        ("SLACK_API_URL", "ftp://slack", "is not a URL"),
        ("PHONEID_CAMS_URL", "https://cams.example:port", "is not a URL"),
        ("PHONEID_CAMS_URL", "https://[::1", "is not a URL"),
        ("PHONEID_CAMS_URL", "https://ana:CANARY@cams.example", "contains a user name or a password"),
        ("SLACK_API_URL", "http://CANARY@127.0.0.1/api/", "contains a user name or a password"),
        ("LOG_LEVEL", "LOUD", "must be DEBUG"),
        ("PHONEID_LOG_FORMAT", "xml", "must be text or json"),
        ("PORT", "tcp://10.0.0.11:3000", "must be a whole number"),
        ("PORT", "3000.5", "must be a whole number"),
        ("PHONEID_QPS", "1001", "must be a whole number from 1 to 1000, such as 10"),
        ("PHONEID_OPEN_REQUESTS", "1001", "must be a whole number from 1 to 1000, such as 20"),
        ("PHONEID_APPROVAL", "Always", "must be always or never"),
        ("PHONEID_APPROVAL_CHANNEL", "approvals", "must be a channel ID such as C012AB3CD, not a name"),
        # As docker run --env-file, and whoever copies from a document, gives them.
        ("SLACK_BOT_TOKEN", '"xoxb-CANARY"', "includes quotation marks"),
        ("SLACK_APP_TOKEN", "'xapp-CANARY'", "includes quotation marks"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", '"CANARY"', "includes quotation marks"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "CANARY'", "includes quotation marks"),
        ("DATABASE_URL", '"sqlite:///phoneid.db"', "includes quotation marks"),
        ("PHONEID_AGENTS", '"U0ANA"', "includes quotation marks"),
        ("PHONEID_AGENTS", "\u201cU0ANA\u201d", "includes quotation marks"),
        ("PHONEID_RETENTION", '""', "includes quotation marks"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "<your-secret>", "is still the placeholder"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "your-secret", "is still the placeholder"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "changeme", "is still the placeholder"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "xxxxxxxx", "is still the placeholder"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI\u2026", "is still the placeholder"),
        ("SLACK_BOT_TOKEN", "xoxb-\u2026", "is still the placeholder"),
        ("SLACK_BOT_TOKEN", "xoxb-...", "is still the placeholder"),
        ("SLACK_BOT_TOKEN", "xoxb-your-token", "is still the placeholder"),
        ("SLACK_APP_TOKEN", "xapp-xxx", "is still the placeholder"),
        ("DATABASE_URL", "postgresql://bot:<password>@db/phoneid", "is still the placeholder"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "CANARY,id", "contains characters that no AccessKey has"),  # it would end it
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "CANARY h\u00fcsh", "contains characters that no AccessKey has"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "h\u00fcsh", "contains characters that no AccessKey has"),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "CANARY\r\nx-acs-action: other", "contains characters that no AccessKey has"),
        ("PHONEID_CAMS_URL", "https://cams\u2603.xn--a-.test", "is not a URL"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "LTAI5tCANARYinvented1234", "is an AccessKey ID"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "${SECRET}", "refers to another variable"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "$SECRET", "refers to another variable"),
        ("SLACK_BOT_TOKEN", "{{ slack_bot_token }}", "refers to another variable"),
        ("PHONEID_AGENTS", "%AGENTS%", "refers to another variable"),
        ("SLACK_SIGNING_SECRET", "xoxb-CANARY", "is not a signing secret, which has 32 characters"),
        ("SLACK_SIGNING_SECRET", "0" * 31, "is not a signing secret, which has 32 characters"),
        ("SLACK_SIGNING_SECRET", "0" * 33, "is not a signing secret, which has 32 characters"),
        ("SLACK_SIGNING_SECRET", "A" * 32, "is not a signing secret, which has 32 characters"),
        ("SLACK_SIGNING_SECRET", "\u0661" * 32, "is not a signing secret, which has 32 characters"),
        ("SLACK_BOT_TOKEN", "xoxb-CANARY xapp-CANARY", "contains characters that no token has"),
        ("SLACK_APP_TOKEN", "xapp-", "contains characters that no token has"),
        ("DATABASE_URL", "sqlite:///:memory:", "would keep all records in memory"),
        ("DATABASE_URL", "sqlite://:memory:", "would keep all records in memory"),
        ("DATABASE_URL", "sqlite:///phoneid.db?mode=memory", "would keep all records in memory"),
        ("DATABASE_URL", "sqlite:///file:phoneid.db", "contains file: after sqlite:"),
        ("DATABASE_URL", "file:phoneid.db", "is not a database that this version can use"),
        ("DATABASE_URL", "sqlite:///phoneid.db?mode=ro", "contains a question mark"),
        ("DATABASE_URL", "sqlite:///phoneid.db?", "contains a question mark"),
        ("DATABASE_URL", "sqlite:////var/lib/", "names a folder"),
        ("DATABASE_URL", "sqlite:///", "names a folder"),
        ("DATABASE_URL", "sqlite:///..", "names a folder"),
        ("DATABASE_URL", "sqlite:////var/lib/.", "names a folder"),
        ("DATABASE_URL", "sqlite:///~/phoneid.db", "contains ~ or $"),
        ("DATABASE_URL", "sqlite:////home/~bot/phoneid.db", "contains ~ or $"),
        ("DATABASE_URL", "sqlite:///$HOME/phoneid.db", "contains ~ or $"),
        ("DATABASE_URL", "sqlite:phoneid.db", "is not a database that this version can use"),
        ("DATABASE_URL", "sqlite://phoneid.db", "is not a database that this version can use"),
        ("DATABASE_URL", "phoneid.db", "is not a database that this version can use"),
        ("DATABASE_URL", "SQLite:///phoneid.db", "is not a database that this version can use"),
    ],
)
def test_a_wrong_setting_is_named_in_words(name: str, value: str, words: str) -> None:
    said = mistakes(GOOD | {name: value})
    assert name in said
    assert words in said
    assert "CANARY" not in said


@pytest.mark.parametrize("name", ["PHONEID_CAMS_URL", "SLACK_API_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "http://cams.ap-southeast-1.aliyuncs.com",
        "http://192.0.2.7:8080",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1@cams.example",
        "http://cams.example/127.0.0.1",
    ],
)
def test_nothing_secret_leaves_this_machine_in_clear_text(name: str, url: str) -> None:
    said = mistakes(GOOD | {name: url})
    assert name in said
    assert "must start with https://" in said


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:8080/api/", "http://[::1]:8080"])
def test_on_this_machine_clear_text_is_fine(url: str) -> None:
    settings = read(BotSettings, GOOD | {"PHONEID_CAMS_URL": url, "SLACK_API_URL": url})
    assert (settings.phoneid_cams_url, settings.slack_api_url) == (url, url)


def test_several_mistakes_are_named_at_once() -> None:
    said = mistakes(GOOD | {"PORT": "web", "PHONEID_QPS": "0", "SLACK_BOT_TOKEN": "wrong"})
    assert all(name in said for name in ("PORT", "PHONEID_QPS", "SLACK_BOT_TOKEN"))


def test_a_mistyped_setting_of_ours_does_not_pass_unseen() -> None:
    # PHONEID_AGENT would quietly leave the door open to everyone.
    assert "PHONEID_AGENT is not a setting" in mistakes(GOOD | {"PHONEID_AGENT": "U0ANA"})


def test_settings_of_later_versions_are_refused_not_ignored() -> None:
    assert "PHONEID_COLOUR is not a setting of this version" in mistakes(GOOD | {"PHONEID_COLOUR": "red"})


@pytest.mark.parametrize("approvers", [{}, {"PHONEID_APPROVERS": ""}, {"PHONEID_APPROVERS": "  "}])
def test_approvals_that_nobody_could_give_are_refused(approvers: dict[str, str]) -> None:
    said = mistakes(GOOD | {"PHONEID_APPROVAL": "always"} | approvers)
    assert "PHONEID_APPROVERS is not set" in said


def test_the_rules_are_read_into_a_policy() -> None:
    given = {
        "PHONEID_AGENTS": "U0ANA,S0AGENTS",
        "PHONEID_TRUSTED": "W0TIM",
        "PHONEID_APPROVERS": "S0LEADS",
        "PHONEID_APPROVAL": "always",
        "PHONEID_APPROVAL_TTL": "90m",
        "PHONEID_APPROVAL_CHANNEL": "G0PRIVATE",
    }
    settings = read(BotSettings, GOOD | given)
    policy = settings.policy
    assert policy.agents == Audience(user_ids=frozenset({"U0ANA"}), group_ids=frozenset({"S0AGENTS"}))
    assert policy.trusted == Audience(user_ids=frozenset({"W0TIM"}))
    assert policy.approvers == Audience(group_ids=frozenset({"S0LEADS"}))
    assert policy.needs_approval
    assert settings.phoneid_approval_ttl == 5400
    assert settings.phoneid_approval_channel == "G0PRIVATE"


def test_an_empty_signing_secret_counts_as_missing() -> None:
    # Bolt would start with it and answer every request with a 500.
    without_app_token = {name: value for name, value in GOOD.items() if name != "SLACK_APP_TOKEN"}
    assert "SLACK_SIGNING_SECRET" in mistakes(without_app_token | {"SLACK_SIGNING_SECRET": " "})
    assert read(BotSettings, without_app_token | {"SLACK_SIGNING_SECRET": "0" * 32}).slack_app_token is None


def test_the_environment_that_would_switch_bolt_to_oauth_is_refused() -> None:
    assert "Remove them" in mistakes(GOOD | {"SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": "2"})


def test_no_mistake_and_no_repr_shows_a_secret() -> None:
    secrets = {"SLACK_BOT_TOKEN": "wrong-CANARY", "SLACK_APP_TOKEN": "bad-CANARY", "PORT": "x"}
    assert "CANARY" not in mistakes(GOOD | secrets)
    settings = read(BotSettings, GOOD | {"ALIBABA_CLOUD_SECURITY_TOKEN": "CANARY"})
    shown = repr(settings) + str(settings) + str(settings.model_dump()) + settings.model_dump_json()
    for secret in ("CANARY", "invented-secret", "xoxb-invented-bot", "xapp-invented-app"):
        assert secret not in shown


def test_the_settings_cannot_be_changed_after_they_are_read() -> None:
    settings = read(RecordSettings, {})
    with pytest.raises(ValueError, match="frozen"):
        settings.log_level = "DEBUG"


def test_a_command_asks_only_for_what_it_needs() -> None:
    assert read(RecordSettings, {}).database_path == Path("phoneid.db")
    only_api = {name: value for name, value in GOOD.items() if name.startswith("ALIBABA")}
    assert read(LookupSettings, only_api).phoneid_qps == 10


def test_a_command_that_knows_no_agents_does_not_mind_an_empty_list() -> None:
    assert read(RecordSettings, {"PHONEID_AGENTS": ""}).database_path == Path("phoneid.db")


@pytest.mark.parametrize(
    "value", ["U0ANA,W0LEE,S0LEADS", " S0LEADS , U0ANA, W0LEE ", "U0ANA,S0LEADS,W0LEE,S0LEADS,U0ANA"]
)
@pytest.mark.parametrize("name", ["agents", "trusted", "approvers"])
def test_circles_are_lists_of_user_and_usergroup_ids(name: str, value: str) -> None:
    policy = read(BotSettings, GOOD | {f"PHONEID_{name.upper()}": value}).policy
    assert getattr(policy, name) == Audience(user_ids=frozenset({"U0ANA", "W0LEE"}), group_ids=frozenset({"S0LEADS"}))


def test_the_region_is_read_in_any_case() -> None:
    assert read(RecordSettings, {"PHONEID_DEFAULT_REGION": "cn"}).phoneid_default_region == "CN"


# --- what the journal is told ---


def told(**changes: str) -> dict[str, str | int | None]:
    return read(BotSettings, GOOD | changes).told


def test_the_journal_is_told_the_policy_in_clear() -> None:
    policy = {"PHONEID_APPROVAL": "always", "PHONEID_APPROVERS": "U0LEE,S0LEADS", "PHONEID_TRUSTED": "U0KIM"}
    facts = told(**policy)
    assert (facts["approval"], facts["agents"]) == ("always", "everyone")
    assert (facts["approvers"], facts["trusted"]) == ("S0LEADS, U0LEE", "U0KIM")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PHONEID_QPS", "9"),
        ("PHONEID_CAMS_URL", "https://elsewhere.example"),
        ("PHONEID_AGENTS", "U0ANA"),
        ("PHONEID_TRUSTED", "U0ANA"),
        ("PHONEID_APPROVERS", "U0ANA"),
        ("PHONEID_APPROVAL_TTL", "1h"),
        ("PHONEID_APPROVAL_CHANNEL", "C012AB3CD"),
        ("PHONEID_RETENTION", "90d"),
        ("PHONEID_DEFAULT_REGION", "CN"),
    ],
)
def test_another_setting_is_another_digest(name: str, value: str) -> None:
    assert told(**{name: value})["settings"] != told()["settings"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("SLACK_BOT_TOKEN", ("xoxb-1", "xoxb-2")),
        ("SLACK_APP_TOKEN", ("xapp-1", "xapp-2")),
        ("SLACK_SIGNING_SECRET", ("1" * 32, "2" * 32)),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", ("LTAI-1", "LTAI-2")),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ("1", "2")),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", ("1", "2")),
        ("DATABASE_URL", ("sqlite:///1.db", "sqlite:///2.db")),
        ("LOG_LEVEL", ("DEBUG", "INFO")),
    ],
)
def test_no_secret_is_in_the_digest(name: str, values: tuple[str, str]) -> None:
    assert told(**{name: values[0]}) == told(**{name: values[1]})


def test_the_order_in_which_people_are_listed_is_no_other_policy() -> None:
    assert told(PHONEID_AGENTS="U0ANA,S0LEADS,U0KIM") == told(PHONEID_AGENTS="U0KIM,U0ANA,S0LEADS")


@pytest.mark.parametrize(("written", "seconds"), [("90d", 90 * 86400.0), ("24h", 86400.0), ("1d", 86400.0)])
def test_a_retention_is_a_length_of_time(written: str, seconds: float) -> None:
    assert read(BotSettings, GOOD | {"PHONEID_RETENTION": written}).phoneid_retention == seconds


@pytest.mark.parametrize("written", ["1s", "23h", "1439m", "0d"])
def test_a_retention_under_a_day_would_free_a_numbers_guesses(written: str) -> None:
    with pytest.raises(SettingsError, match="PHONEID_RETENTION is "):
        read(BotSettings, GOOD | {"PHONEID_RETENTION": written})


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///phoneid.db", str(Path("phoneid.db").absolute())),
        ("sqlite:////var/lib/phoneid.db", "/var/lib/phoneid.db"),
        ("postgresql://bot@db.example.com/phoneid", "db.example.com/phoneid"),
        ("postgres://bot:secret@db.example.com:5433/phoneid?sslmode=require", "db.example.com:5433/phoneid"),
        ("postgresql://bot:secret@one:1,two:2/phoneid", "one:1,two:2/phoneid"),
        ("postgresql://bot:secret@[::1]:5433/phoneid", "[::1]:5433/phoneid"),
        ("postgresql://bot:secret@one,two/phoneid", "one,two/phoneid"),
        ("postgresql:///phoneid?user=bot&password=secret", "/phoneid"),
        ("postgresql://bot:secret@db/phoneid?schema=bots&sslmode=require", "db/phoneid, schema bots"),
        ("postgresql://bot:secret@db/phoneid?sslmode=require&schema=public", "db/phoneid"),
        ("postgresql://bot:secret@", ""),
        # Where it is not certain what the password is, nothing is shown.
        ("postgresql://bot:sec@ret@db/phoneid", "a server"),
        ("postgresql://bot:sec/ret@db/phoneid", "a server"),
        ("postgresql://bot:sec?ret@db/phoneid", "a server"),
        ("postgresql://bot:secret", "a server"),
    ],
)
def test_a_database_is_shown_without_its_password(url: str, name: str) -> None:
    settings = read(RecordSettings, {"DATABASE_URL": url})
    assert settings.database_name == name
    assert "secret" not in f"{settings!r}{settings}"
    assert (settings.database_path is None) == url.startswith("postgres")


@pytest.mark.parametrize("name", [name.upper() for name in BotSettings.model_fields])
def test_pydantics_own_words_are_never_used(name: str) -> None:
    for value in ("\udcff", "x", "-1", "1.5", "1e999", "9" * 5000, ","):
        said = ""
        try:
            read(BotSettings, GOOD | {name: value})
        except SettingsError as error:
            said = str(error)
        assert not re.search(r"(?i)input|string|pattern|type=|validat", said)
