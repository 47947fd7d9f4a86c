"""How sources are reached, and what of it may be seen."""

from __future__ import annotations

import pytest

from pairec_cli.domain.connections import (
    SECRET_KEYS,
    DsnConf,
    FeatureStoreConf,
    RedisConf,
    TableStoreConf,
    without,
)
from pairec_cli.domain.errors import NotFound

WORD = "s3cret"


def test_what_is_shown_hides_passwords_and_nothing_else() -> None:
    assert repr(RedisConf("h", 1, WORD)).startswith("RedisConf(host='h', port=1, password='***', db_num=0")
    assert repr(RedisConf("h", 1)).startswith("RedisConf(host='h', port=1, password='', db_num=0")
    stores = FeatureStoreConf(access_key=WORD, feature_db_password=WORD, hologres_password=WORD)
    for conf in (DsnConf(f"u:{WORD}@tcp(h)/d"), TableStoreConf(access_key_secret=WORD), stores):
        assert WORD not in repr(conf)


@pytest.mark.parametrize(
    "dsn",
    [
        f"postgres://u:{WORD}@h:1/db",
        f"u:{WORD}@tcp(h:1)/db",
        f"host=h password={WORD} dbname=db",
        f"host=h password = '{WORD}' dbname=db",
        f"postgres://h/db?user=u&password={WORD}&sslmode=disable",
    ],
)
def test_the_password_in_a_dsn_is_found(dsn: str) -> None:
    conf = DsnConf(dsn)
    assert WORD in conf.hidden()
    assert conf.hidden()[0] == dsn
    assert without(f"login failed: {WORD}, {dsn}", conf.hidden()) == "login failed: ***, ***"


def test_nothing_is_hidden_where_there_is_no_password() -> None:
    assert RedisConf().hidden() == DsnConf().hidden() == ()
    assert without("fine", ()) == "fine"


def test_environment_variables_stand_in_any_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORD", WORD)
    assert DsnConf("u:${WORD}@tcp(h)/d").from_environment().dsn == f"u:{WORD}@tcp(h)/d"
    assert RedisConf("$WORD", 7, "${WORD}").from_environment() == RedisConf("$WORD", 7, WORD)
    monkeypatch.delenv("WORD")
    with pytest.raises(NotFound, match="environment variable 'WORD' does not exist"):
        RedisConf("${WORD}").from_environment()


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        *[
            (key, True)
            for key in ("Password", "FeatureDBPassword", "DSN", "AccessKeySecret", "AccessKey", "Auth")
        ],
        *[
            (key, False)
            for key in ("AccessKeyId", "RetainNum", "Host", "UserName", "FeatureKey", "TriggerKey")
        ],
    ],
)
def test_keys_of_secrets(key: str, secret: bool) -> None:
    assert bool(SECRET_KEYS.search(key)) is secret
