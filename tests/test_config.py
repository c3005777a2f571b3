"""Connection settings are read as every Temporal SDK reads them, save where that is a trap."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from temporalio import envconfig

from asyncworker.config import ConnectConfig, TLSConfig
from asyncworker.config._layers import _default_file
from asyncworker.exceptions import ConfigurationError

PEM = "-----BEGIN CERTIFICATE-----\n"


def load(env=None, toml=None, tmp_path=None, **arguments):
    """Load from exactly this environment and this file."""
    if toml is None:
        return ConnectConfig.load(env=env or {}, disable_file=True, **arguments)
    (tmp_path / "temporal.toml").write_text(toml)
    return ConnectConfig.load(env=env or {}, config_file=tmp_path / "temporal.toml", **arguments)


class TestPrecedence:
    def test_nothing_set_is_the_dev_servers_plaintext_address(self):
        """With nothing set it is the dev server's plaintext address and the default namespace."""
        assert load() == ConnectConfig("localhost:7233", "default")

    def test_file_over_default(self, tmp_path):
        """The default profile of the file is used without being named."""
        config = load(toml='[profile.default]\naddress = "file:1"\nnamespace = "file"', tmp_path=tmp_path)

        assert (config.address, config.namespace) == ("file:1", "file")

    def test_environment_over_file(self, tmp_path):
        """A variable is preferred to the profile, setting by setting."""
        toml = '[profile.default]\naddress = "file:1"\nnamespace = "file"'

        config = load({"TEMPORAL_ADDRESS": "env:1"}, toml, tmp_path)

        assert (config.address, config.namespace) == ("env:1", "file")

    def test_argument_over_environment(self):
        """An argument is preferred to a variable."""
        assert load({"TEMPORAL_ADDRESS": "env:1"}, address="argument:1").address == "argument:1"

    def test_argument_by_key(self):
        """Any setting can be an argument, by the key it has in a profile."""
        config = load({"TEMPORAL_TLS_SERVER_NAME": "env"}, settings={"tls.server_name": "argument"})

        assert config.tls == TLSConfig(domain="argument")

    def test_an_argument_that_is_no_setting_is_refused(self):
        """A key that is no setting is the caller's mistake."""
        with pytest.raises(ValueError, match=r"unknown settings: tls\.sever_name"):
            load(settings={"tls.sever_name": "x"})

    def test_variables_do_not_count_when_they_are_disabled(self):
        """Without the environment no variable counts."""
        assert load({"TEMPORAL_ADDRESS": "env:1"}, disable_env=True) == ConnectConfig()

    @pytest.mark.parametrize(
        "name", ["ADDRESS", "NAMESPACE", "API_KEY", "TLS", "TLS_SERVER_NAME", "PROFILE", "CONFIG_FILE"]
    )
    def test_empty_is_unset(self, name, tmp_path):
        """An empty variable is the same as none."""
        env = {f"TEMPORAL_{name}": "", "XDG_CONFIG_HOME": str(tmp_path)}

        assert ConnectConfig.load(env=env) == ConnectConfig()

    def test_empty_in_the_file_is_unset(self, tmp_path):
        """An empty string in the file is the same as none."""
        toml = '[profile.default]\naddress = ""\nnamespace = ""\napi_key = ""'

        assert load(toml=toml, tmp_path=tmp_path) == ConnectConfig()


class TestProfiles:
    TOML = '[profile.default]\naddress = "default:1"\n[profile.prod]\naddress = "prod:1"\n'

    def test_the_argument_names_the_profile_before_the_variable(self, tmp_path):
        """The profile named by the argument is preferred to the one in the environment."""
        assert load({"TEMPORAL_PROFILE": "default"}, self.TOML, tmp_path, profile="prod").address == "prod:1"

    def test_a_variable_names_the_profile(self, tmp_path):
        """TEMPORAL_PROFILE names the profile."""
        assert load({"TEMPORAL_PROFILE": "prod"}, self.TOML, tmp_path).address == "prod:1"

    def test_named_and_missing(self, tmp_path):
        """A profile that is named must exist; the error lists those that do."""
        with pytest.raises(ConfigurationError, match=r"profile 'test' is not in .*temporal.toml; .*: default, prod"):
            load({"TEMPORAL_PROFILE": "test"}, self.TOML, tmp_path)

    def test_default_may_be_missing(self, tmp_path):
        """Without a name there need not be a default profile."""
        assert load(toml='[profile.prod]\naddress = "prod:1"', tmp_path=tmp_path) == ConnectConfig()


class TestFile:
    def test_the_file_is_looked_for_in_the_users_directory(self, tmp_path):
        """Without a name the file is looked for in the user's configuration directory."""
        (tmp_path / "temporalio").mkdir()
        (tmp_path / "temporalio" / "temporal.toml").write_text('[profile.default]\naddress = "found:1"')

        assert ConnectConfig.load(env={"XDG_CONFIG_HOME": str(tmp_path)}).address == "found:1"

    @pytest.mark.parametrize(
        ("platform", "env", "expected"),
        [
            ("linux", {"XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/x/temporalio/temporal.toml"),
            ("linux", {"HOME": "/h"}, "/h/.config/temporalio/temporal.toml"),
            ("darwin", {"HOME": "/h"}, "/h/Library/Application Support/temporalio/temporal.toml"),
            ("win32", {"APPDATA": "/a"}, "/a/temporalio/temporal.toml"),
        ],
    )
    def test_default_place_by_system(self, platform, env, expected):
        """Each system has its own configuration directory."""
        assert _default_file(env, platform) == Path(expected)

    def test_a_system_without_a_configuration_directory_has_no_default_file(self, monkeypatch):
        """A service on Windows may run without one, and connects to the default server."""
        monkeypatch.setattr(sys, "platform", "win32")

        assert ConnectConfig.load(env={}) == ConnectConfig()

    def test_default_may_be_missing(self, tmp_path):
        """The default file need not exist."""
        assert ConnectConfig.load(env={"XDG_CONFIG_HOME": str(tmp_path)}) == ConnectConfig()

    def test_named_must_exist(self):
        """A file that is named must exist; the error says who named it."""
        with pytest.raises(
            ConfigurationError, match=r"/no/t\.toml \(environment variable TEMPORAL_CONFIG_FILE\) does not"
        ):
            ConnectConfig.load(env={"TEMPORAL_CONFIG_FILE": "/no/t.toml"})

    def test_a_file_that_cannot_be_read_is_not_a_missing_one(self, tmp_path):
        """What cannot be read as a file is an error, not a missing file."""
        with pytest.raises(ConfigurationError, match=r"cannot be read: .*Is a directory"):
            ConnectConfig.load(env={"TEMPORAL_CONFIG_FILE": str(tmp_path)})

    def test_a_file_that_is_not_toml_is_reported_with_its_line(self, tmp_path):
        """A file that is not TOML is reported with its name, the line and the column."""
        with pytest.raises(ConfigurationError, match=r"temporal\.toml is not valid TOML: .*line 2, column"):
            load(toml="[profile.default]\naddress = nope", tmp_path=tmp_path)

    def test_byte_order_mark(self, tmp_path):
        """A byte order mark, as editors on Windows put it first, is no part of the text."""
        assert load(toml='\ufeff[profile.default]\nnamespace = "n"', tmp_path=tmp_path).namespace == "n"

    @pytest.mark.parametrize(
        ("toml", "message"),
        [
            ("profile = 1", "profile in .* must be a table"),
            (
                "[profile.default]\ntls = true",
                r"tls in \[profile.default\] of .* must be a table, got a value of type bool",
            ),
            ("[profile.default]\napi_key = 12345", r"api_key in .* must be a string, got a value of type int$"),
            ('[profile.default.tls]\ndisabled = "no"', r"tls.disabled in .* must be true or false"),
            ("[profile.default.grpc_meta]\nx = 1", r"grpc_meta.x in .* must be a string"),
        ],
    )
    def test_a_value_of_a_wrong_type_is_named_and_not_shown(self, toml, message, tmp_path):
        """A value of the wrong type is an error that names key and place, and does not show what may be a secret."""
        with pytest.raises(ConfigurationError, match=message):
            load(toml=toml, tmp_path=tmp_path)

    UNKNOWN = """
        [profile.default]
        colour = "red"
        tls = { serve_nam = "x" }
        grpc_meta = { x = "1" }
    """

    def test_unknown_keys_are_ignored(self, tmp_path):
        """Keys without a meaning are left to newer readers."""
        assert load(toml=self.UNKNOWN, tmp_path=tmp_path).tls == TLSConfig()

    def test_unknown_keys_are_refused_if_strict(self, tmp_path):
        """If asked to be strict, each key without a meaning is named."""
        with pytest.raises(
            ConfigurationError, match=r": profile\.default\.colour, profile\.default\.tls\.serve_nam; known"
        ):
            load(toml=self.UNKNOWN, tmp_path=tmp_path, config_file_strict=True)


class TestTLS:
    @pytest.mark.parametrize(
        ("env", "expected"),
        [
            ({}, None),
            ({"TEMPORAL_TLS": "true"}, TLSConfig()),
            ({"TEMPORAL_TLS": "TRUE"}, TLSConfig()),
            ({"TEMPORAL_TLS": "1"}, TLSConfig()),
            ({"TEMPORAL_TLS": "0"}, None),
            ({"TEMPORAL_API_KEY": "k"}, TLSConfig()),
            ({"TEMPORAL_API_KEY": "k", "TEMPORAL_TLS": "False"}, None),
            ({"TEMPORAL_TLS_SERVER_NAME": "n"}, TLSConfig(domain="n")),
            ({"TEMPORAL_TLS_SERVER_NAME": "n", "TEMPORAL_TLS": "false"}, None),
            ({"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": "false"}, TLSConfig()),
            ({"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": "1"}, TLSConfig(disable_host_verification=True)),
            ({"TEMPORAL_TLS_SERVER_CA_CERT_DATA": PEM}, TLSConfig(PEM.encode())),
            ({"TEMPORAL_NAMESPACE": "n", "TEMPORAL_CODEC_ENDPOINT": "e"}, None),
        ],
        ids=str,
    )
    def test_tls_is_on_when_anything_about_it_or_a_key_is_set(self, env, expected):
        """TLS is on when anything about it, or an API key, is set, unless it is switched off."""
        assert load(env).tls == expected

    @pytest.mark.parametrize("variable", ["TEMPORAL_TLS", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"])
    @pytest.mark.parametrize("text", ["no", "off", "banana", " true"])
    def test_a_variable_that_is_neither_true_nor_false_is_refused(self, variable, text):
        """What is neither true nor false is an error that names the variable and what it takes."""
        with pytest.raises(ConfigurationError, match=f"variable {variable} must be true, false, 1 or 0, got '{text}'"):
            load({variable: text})

    def test_a_section_is_enough(self, tmp_path):
        """An empty section in the file turns TLS on."""
        assert load(toml="[profile.default.tls]", tmp_path=tmp_path).tls == TLSConfig()

    def test_variable_over_profile(self, tmp_path):
        """TEMPORAL_TLS overrules the profile's disabled, and the rest of the section stays."""
        toml = '[profile.default.tls]\ndisabled = true\nserver_name = "n"'

        assert load({"TEMPORAL_TLS": "true"}, toml, tmp_path).tls == TLSConfig(domain="n")
        assert load({}, toml, tmp_path).tls is None

    @pytest.mark.parametrize(
        ("argument", "expected"), [(True, TLSConfig()), (False, None), (TLSConfig(domain="a"),) * 2]
    )
    def test_the_argument_replaces_all_settings_of_tls(self, argument, expected):
        """The argument switches TLS on or off, or replaces everything about it."""
        assert load({"TEMPORAL_API_KEY": "k"}, tls=argument).tls == expected

    @pytest.mark.parametrize("item", ["CLIENT_CERT", "CLIENT_KEY", "SERVER_CA_CERT"])
    def test_path_and_data(self, item):
        """A path and data for the same thing are a contradiction."""
        with pytest.raises(ConfigurationError, match=f"path and as data .*TEMPORAL_TLS_{item}_PATH; .*{item}_DATA"):
            load({f"TEMPORAL_TLS_{item}_PATH": "x", f"TEMPORAL_TLS_{item}_DATA": "y"})

    def test_path_and_data_from_different_sources(self, tmp_path):
        """It is a contradiction also when the path is in the file and the data in the environment."""
        with pytest.raises(ConfigurationError, match=r"tls.client_cert_path in \[profile.default\] of .*; environment"):
            load({"TEMPORAL_TLS_CLIENT_CERT_DATA": "y"}, '[profile.default.tls]\nclient_cert_path = "x"', tmp_path)

    @pytest.mark.parametrize(("one", "other"), [("CERT", "KEY"), ("KEY", "CERT")])
    def test_certificate_and_key_come_together(self, one, other):
        """A certificate without its key, or the reverse, is an error that says what to set."""
        with pytest.raises(
            ConfigurationError, match=f"TEMPORAL_TLS_CLIENT_{one}_DATA.*set TEMPORAL_TLS_CLIENT_{other}_PATH"
        ):
            load({f"TEMPORAL_TLS_CLIENT_{one}_DATA": "x"})

    def test_a_missing_certificate_is_named_with_its_source(self):
        """A file that cannot be read is an error that names the setting and its source."""
        with pytest.raises(
            ConfigurationError, match=r"variable TEMPORAL_TLS_SERVER_CA_CERT_PATH: cannot read /no/ca\.pem: No"
        ):
            load({"TEMPORAL_TLS_SERVER_CA_CERT_PATH": "/no/ca.pem"})

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
    def test_a_certificate_that_may_not_be_read_is_named_with_its_source(self, tmp_path):
        """So is one that is there and may not be read."""
        (tmp_path / "key.pem").touch(mode=stat.S_IWUSR)

        with pytest.raises(ConfigurationError, match="Permission denied"):
            load({"TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(tmp_path / "key.pem")})

    def test_files_of_disabled_tls_do_not_matter(self):
        """Where there is no TLS its files need not exist."""
        assert load({"TEMPORAL_TLS_SERVER_CA_CERT_PATH": "/no/ca.pem", "TEMPORAL_TLS": "false"}).tls is None

    def test_text_is_not_a_path(self):
        """A string is refused, since it could mean the text or the file."""
        with pytest.raises(TypeError, match="client_cert must be PEM text as bytes or a Path"):
            TLSConfig(client_cert="client.pem", client_private_key=b"")


class TestAddress:
    @pytest.mark.parametrize("address", ["localhost:7233", "10.0.0.1:1", "[::1]:7233", "a.b.tmprl.cloud:65535"])
    def test_a_host_and_a_port_are_an_address(self, address):
        """A host and a port are an address; an IPv6 address stands in brackets."""
        assert load(address=address).address == address

    @pytest.mark.parametrize(
        ("address", "why"),
        [
            ("localhost", r"the port is missing, did you mean localhost:7233\?"),
            ("[::1]", "the port is missing"),
            ("https://localhost:7233", "leave out the scheme"),
            ("dns:///localhost:7233", "leave out the scheme"),
            ("localhost:", "from 1 to 65535"),
            ("localhost:0", "from 1 to 65535"),
            ("localhost:65536", "from 1 to 65535"),
            ("localhost:٣", "from 1 to 65535"),
            ("localhost:http", "from 1 to 65535"),
            ("::1:7233", "needs brackets"),
            ("localhost:7233,localhost:7234", "not a name"),
            ("me:secret@localhost:7233", "not a name"),
            (":7233", "not a name"),
            ("local host:7233", "not a name"),
            ("localhost/x:7233", "not a name"),
        ],
    )
    def test_what_is_no_address_is_named_with_its_source(self, address, why):
        """Anything else is an error that names the source and says why."""
        with pytest.raises(ConfigurationError, match=f"variable TEMPORAL_ADDRESS must be host:port.*{why}"):
            load({"TEMPORAL_ADDRESS": address})


class TestNamespace:
    @pytest.mark.parametrize("namespace", ["default\n", "default\r", " ", " n", "ü"], ids=repr)
    def test_a_name_that_cannot_be_sent_is_named_with_its_source(self, namespace):
        """A name that cannot be sent is an error that names the source, and shows the name as it is."""
        with pytest.raises(ConfigurationError, match=r"variable TEMPORAL_NAMESPACE must be .*; got '"):
            load({"TEMPORAL_NAMESPACE": namespace})


class TestSecretsAndMetadata:
    def test_secrets_are_not_shown(self):
        """No representation of the settings shows a secret."""
        config = load(
            {
                "TEMPORAL_API_KEY": "s3cret",
                "TEMPORAL_CODEC_AUTH": "s3cret",
                "TEMPORAL_TLS_CLIENT_KEY_DATA": "s3cret",
                "TEMPORAL_TLS_CLIENT_CERT_DATA": "certificate",
                "TEMPORAL_GRPC_META_AUTHORIZATION": "s3cret",
            }
        )

        assert config.api_key == "s3cret"
        assert "s3cret" not in repr(config)

    def test_line_break_at_the_end_of_an_api_key(self):
        """The line break at the end of a mounted secret is not part of the key."""
        assert load({"TEMPORAL_API_KEY": "k\n"}).api_key == "k"

    def test_impossible_api_key(self):
        """A key that cannot be sent is an error that does not show it."""
        with pytest.raises(
            ConfigurationError, match=r"^environment variable TEMPORAL_API_KEY must be printable ASCII[^é]*$"
        ):
            load({"TEMPORAL_API_KEY": "é"})

    @pytest.mark.parametrize("key", ["Bearer s3cret", "bearer s3cret"])
    def test_api_key_with_its_scheme(self, key):
        """The word that is sent with every key is not part of one, and the error does not show the key."""
        with pytest.raises(ConfigurationError, match=r"TEMPORAL_API_KEY is the key alone") as caught:
            load({"TEMPORAL_API_KEY": key})

        assert "s3cret" not in str(caught.value)

    def test_metadata_of_later_sources_wins(self, tmp_path):
        """Names are made headers, later sources win, an empty value removes one."""
        toml = '[profile.default.grpc_meta]\nX_One = "file"\ntwo = "file"\nthree = "file"\nfour = "file"'
        env = {"TEMPORAL_GRPC_META_X_ONE": "env", "TEMPORAL_GRPC_META_TWO": "", "TEMPORAL_GRPC_META_FOUR": "env"}

        config = load(env, toml, tmp_path, rpc_metadata={"Four": "argument"})

        assert config.rpc_metadata == {"x-one": "env", "three": "file", "four": "argument"}

    @pytest.mark.parametrize(
        "metadata",
        [
            {"a b": "x"},
            {"grpc-timeout": "x"},
            {":path": "x"},
            {"a": "\n"},
            {"": "x"},
            {"user-agent": "x"},
            {"a": " x"},
            {"a-bin": "x"},
        ],
    )
    def test_metadata_that_cannot_be_a_header_is_refused(self, metadata):
        """What cannot be a header is an error."""
        with pytest.raises(ConfigurationError, match=r"argument rpc_metadata\['"):
            load(rpc_metadata=metadata)

    @pytest.mark.parametrize("authority", ["a b", "https://a", "::1", "a:b", "a/b"])
    def test_an_authority_that_cannot_be_sent_is_refused(self, authority):
        """What cannot be an authority is an error."""
        with pytest.raises(ConfigurationError, match="variable TEMPORAL_CLIENT_AUTHORITY must be a host or host:port"):
            load({"TEMPORAL_CLIENT_AUTHORITY": authority})

    def test_authority_and_remote_codec_are_read_as_they_are(self):
        """Authority and remote codec are read as they are."""
        env = {"TEMPORAL_CLIENT_AUTHORITY": "a", "TEMPORAL_CODEC_ENDPOINT": "e", "TEMPORAL_CODEC_AUTH": "c"}

        assert load(env) == ConnectConfig(authority="a", codec_endpoint="e", codec_auth="c")


class TestTarget:
    @pytest.mark.parametrize(
        ("tls", "authority", "verified"),
        [
            (None, "gateway:443", "gateway"),
            (TLSConfig(), "gateway", "gateway"),
            (TLSConfig(domain="name"), "gateway:443", "name"),
        ],
    )
    def test_a_given_authority_is_what_tls_verifies(self, tls, authority, verified):
        """A given authority is what is said, and what TLS verifies unless that has a name of its own."""
        target = load({"TEMPORAL_CLIENT_AUTHORITY": authority}, tls=tls or False).to_target()

        assert (target.authority, target.server_name) == (authority, verified)

    def test_a_plaintext_target_has_no_tls(self):
        """Without TLS the target has none."""
        target = load(address="[::1]:7000").to_target()

        assert (target.host, target.port, target.tls) == ("::1", 7000, None)

    def test_every_part_of_tls_reaches_the_target(self):
        """Every part of TLS reaches the transport."""
        tls = TLSConfig(b"ca", "name", b"cert", b"key", disable_host_verification=True)

        made = load(tls=tls).to_target().tls

        assert made is not None
        assert made == tls
        assert load(tls=tls).to_target().server_name == "name"


# The peer: temporalio's reader, which is the one of the official SDKs' core. Values leave out what it takes
# differently on purpose: empty strings, booleans it cannot parse, half a pair of certificate and key.
WORDS = st.sampled_from(["a:1", "b:2"])
TRUTHS = st.sampled_from(["true", "False", "1", "0"])
ENVIRONMENTS = st.fixed_dictionaries(
    {},
    optional={
        "TEMPORAL_ADDRESS": WORDS,
        "TEMPORAL_NAMESPACE": WORDS,
        "TEMPORAL_API_KEY": WORDS,
        "TEMPORAL_PROFILE": st.sampled_from(["default", "prod", ""]),
        "TEMPORAL_TLS": TRUTHS,
        "TEMPORAL_TLS_SERVER_NAME": WORDS,
        "TEMPORAL_TLS_SERVER_CA_CERT_PATH": st.just(__file__),
        "TEMPORAL_TLS_SERVER_CA_CERT_DATA": WORDS,
        "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": TRUTHS,
        "TEMPORAL_GRPC_META_X_Y": st.sampled_from(["a", ""]),
        "TEMPORAL_GRPC_META_Z": st.sampled_from(["a", ""]),
    },
)
PROFILES = st.fixed_dictionaries(
    {},
    optional={
        'address = "{}"': WORDS,
        'namespace = "{}"': WORDS,
        'api_key = "{}"': WORDS,
        "tls = {{{}}}": st.sampled_from(
            [
                "",
                "disabled = true",
                "disabled = false",
                'server_name = "n"',
                'server_ca_cert_data = "d"',
                f'disabled = true, server_ca_cert_path = "{__file__}"',
            ]
        ),
        "grpc_meta = {{{}}}": st.sampled_from(["", 'X_y = "b"', 'z = "b", w = "b"']),
    },
).map(lambda profile: "\n".join(key.format(value) for key, value in profile.items()))
DOCUMENTS = st.fixed_dictionaries({}, optional={"default": PROFILES, "prod": PROFILES}).map(
    lambda profiles: "\n".join(f"[profile.{name}]\n{body}" for name, body in profiles.items())
)


def theirs(env, path):
    try:
        loaded = envconfig.ClientConfig.load_client_connect_config(config_file=str(path), override_env_vars=env)
    except RuntimeError:
        return "error"
    tls = loaded.get("tls")
    return {
        "address": loaded.get("target_host", "localhost:7233"),
        "namespace": loaded.get("namespace", "default"),
        "api_key": loaded.get("api_key"),
        "tls": (getattr(tls, "domain", None), getattr(tls, "server_root_ca_cert", None)) if tls else None,
        "metadata": dict(loaded.get("rpc_metadata", {})),
    }


def ours(env, path):
    try:
        config = ConnectConfig.load(env=env, config_file=path)
    except ConfigurationError:
        return "error"
    certificate = config.tls and config.tls.server_root_ca_cert
    if isinstance(certificate, Path):
        certificate = certificate.read_bytes()
    return {
        "address": config.address,
        "namespace": config.namespace,
        "api_key": config.api_key,
        "tls": config.tls and (config.tls.domain, certificate),
        "metadata": dict(config.rpc_metadata),
    }


@settings(max_examples=300, deadline=None)
@given(ENVIRONMENTS, DOCUMENTS)
def test_agrees_with_the_official_sdk(tmp_path_factory, env, document):
    """Any environment and any file mean what they mean to the official SDK."""
    path = tmp_path_factory.getbasetemp() / "differential.toml"
    path.write_text(document)

    assert ours(env, path) == theirs(env, path)
