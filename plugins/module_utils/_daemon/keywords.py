# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of the audit daemon may say, release by release, as data.

The checks (kinds.py, validation.py), the tables of docs/daemon.md and the tests against real daemons are made of it.
Sources: auditd.conf(5), auditd-plugins(5), audisp-remote.conf(5), and what the daemons of five releases accept.
"""

import re
from typing import Dict, Mapping, Optional

from ..rules.values import decimal
from .schema import ByRelease, ConfigFile, Constraint, Keyword, Plugin

__all__ = (
    "AUDISPD_CONF",
    "AUDITD_CONF",
    "AUDITD_CONF_PATH",
    "BUILTIN",
    "EXEC_MODES",
    "FILES",
    "LOOKED_UP",
    "MAIL",
    "PLUGINS",
    "PLUGIN_CONF",
    "REMOTE_CONF",
    "UNITS",
    "megabytes",
)  # fmt: skip

#: The daemon's own configuration, in all releases.
AUDITD_CONF_PATH = "/etc/audit/auditd.conf"


def _table(*keywords: Keyword) -> Dict[str, Keyword]:
    return {keyword.name: keyword for keyword in keywords}


def megabytes(value: Optional[str]) -> Optional[int]:
    """A space in MB; None for a percentage, which the daemon compares only when it runs. To the daemon 0% is 0 MB."""
    text = (value or "0").rstrip("%")
    number = decimal(text)
    return number if text == value or number == 0 else None


def _space_is_above(values: Mapping[str, Optional[str]]) -> bool:
    space, admin = megabytes(values["space_left"]), megabytes(values["admin_space_left"])
    return space is None or admin is None or space > admin


#: Modes that the executable of an exec action of auditd.conf may have.
EXEC_MODES = ByRelease(
    ((2, 8), (0o750, 0o755)), ((3, 0), (0o750, 0o755, 0o555)), ((4, 1, 4), (0o750, 0o755, 0o555, 0o550))
)
#: Patterns of the account or address in action_mail_acct.
MAIL = ByRelease(((2, 8), r"[A-Za-z0-9@._-]{2,}"), ((4, 0, 5), r"[A-Za-z0-9@._+-]{2,}"))

#: Units of a time.
UNITS = ByRelease(((4, 0, 5), "mhd"), ((4, 1, 4), "smhd"))
#: Plugins that are a part of the daemon. Since 3.1.1 the daemon replaces the remaining one by a program.
BUILTIN = ByRelease(((2, 8), ("builtin_syslog", "builtin_af_unix")), ((3, 0), ("builtin_af_unix",)))

#: Values of name_format for which the daemon looks up a name of the host, which it does only when it starts.
LOOKED_UP = ("hostname", "fqd", "numeric")

_SPACE = "ignore syslog rotate email exec suspend single halt"
_RESTART = "restart"

AUDITD_CONF = ConfigFile(
    "auditd.conf",
    ByRelease(((2, 8), AUDITD_CONF_PATH)),
    _table(
        Keyword("local_events", "yes or no", default="yes", need=_RESTART),
        Keyword("write_logs", "yes or no", default="yes"),
        Keyword("log_file", "log file", default="/var/log/audit/audit.log"),
        Keyword("log_format", "word", "raw enriched nolog", default=ByRelease(((2, 8), "raw"), ((3, 0), "enriched"))),
        Keyword("log_group", "group", default="0"),
        Keyword("flush", "word", "none incremental incremental_async data sync", default="none"),
        Keyword("freq", "number", default="0"),
        Keyword("num_logs", "number", high=999, default="0"),
        Keyword("max_log_file", "number", high=2**32 - 1, default="0"),
        # exec is in the daemon's own table since 4.1, but no release accepts its path.
        Keyword("max_log_file_action", "word", "ignore syslog suspend rotate keep_logs", default="ignore"),
        Keyword("space_left", "space", high=2**32 - 1, default="0"),
        Keyword("space_left_action", "action", _SPACE + "<4.0.4", default="ignore"),
        Keyword("verify_email", "yes or no", default="yes", need="none"),
        Keyword("action_mail_acct", "mail account", default="root"),
        Keyword("admin_space_left", "space", high=2**32 - 1, default="0"),
        Keyword("admin_space_left_action", "action", _SPACE, default="ignore"),
        Keyword("disk_full_action", "action", "ignore syslog rotate exec suspend single halt", default="ignore"),
        Keyword("disk_error_action", "action", "ignore syslog exec suspend single halt", default="syslog"),
        # A reload adds the new boost to the one that the daemon has.
        Keyword("priority_boost", "number", default="4", need=_RESTART),
        Keyword("name_format", "word", "none hostname fqd numeric user", default="none", need="given"),
        Keyword("name", "text"),
        Keyword("tcp_listen_port", "number", low=1, high=65535, need=ByRelease(((2, 8), _RESTART), ((4, 1), "enable"))),
        Keyword("tcp_listen_queue", "number", low=1, high=65535, default="5",
                need=ByRelease(((2, 8), _RESTART), ((4, 1), "reload"))),
        Keyword("tcp_max_per_addr", "number", low=1, high=1024, default="1"),
        Keyword("use_libwrap", "yes or no", default="yes"),
        Keyword("tcp_client_ports", "ports"),
        Keyword("tcp_client_max_idle", "number", default="0"),
        Keyword("transport", "word", "tcp krb5 tls>=4.2", default="tcp", need=_RESTART, since=(3, 0)),
        Keyword("enable_krb5", "yes or no", default="no", need=_RESTART),
        Keyword("krb5_principal", "text", need=_RESTART),
        Keyword("krb5_key_file", "text", need=_RESTART),
        Keyword("tls_auth", "word", "psk", default="psk", need=_RESTART, since=(4, 2)),
        Keyword("tls_psk_file", "path", need=_RESTART, since=(4, 2)),
        Keyword("tls_psk_identity", "text", need=_RESTART, since=(4, 2)),
        Keyword("tls_allowed_clients", "path", need=_RESTART, since=(4, 2)),
        Keyword("tls_crypto_profile", "word", "compatible system pqc", need=_RESTART, since=(4, 2)),
        Keyword("tls_cipher_suites", "text", need=_RESTART, since=(4, 2)),
        Keyword("tls_key_exchange", "text", need=_RESTART, since=(4, 2)),
        Keyword("tls_require_pqc", "yes or no", default="no", need=_RESTART, since=(4, 2)),
        Keyword("distribute_network", "yes or no", default="no"),
        Keyword("q_depth", "number", low=ByRelease(((3, 0), 0), ((4, 2), 1)), high=99999, need="grow", since=(3, 0),
                default=ByRelease(((3, 0), "400"), ((3, 0, 3), "1200"), ((3, 0, 9), "2000"))),
        Keyword("overflow_action", "word", "ignore syslog suspend single halt", default="syslog", since=(3, 0)),
        Keyword("max_restarts", "number", default="10", since=(3, 0)),
        Keyword("plugin_dir", "text", default="/etc/audit/plugins.d", since=(3, 0)),
        # Only ausearch and aureport use it, and read it themselves.
        Keyword("end_of_event_timeout", "number", default="2", need="none", since=(3, 0, 1)),
        Keyword("report_interval", "time", high=40 * 86400, default="0", since=(4, 0, 5)),
        Keyword("dispatcher", "text", need=ByRelease(((2, 8), _RESTART), ((3, 0), "none"))),
        Keyword("disp_qos", "word", "lossy lossless", need=ByRelease(((2, 8), _RESTART), ((3, 0), "none"))),
    ),
    (
        Constraint(("space_left", "admin_space_left"), _space_is_above, "space_left must be above admin_space_left"),
        Constraint(
            ("flush", "freq"),
            lambda v: not (v["flush"] or "").startswith("incremental") or int(v["freq"] or 0) > 0,
            "an incremental flush needs a freq of 1 or more",
        ),
        Constraint(
            ("name_format", "name"),
            lambda v: v["name_format"] != "user" or bool(v["name"]),
            "name_format user needs a name, without which auditd does not start",
        ),
        Constraint(
            ("log_file", "log_group"),
            lambda v: v["log_group"] in ("0", "root") or not re.match(r"/var/log/+[^/]+$", v["log_file"] or ""),
            "a log_file directly in /var/log needs log_group root, because auditd gives the directory to that group",
            (3, 0, 9),
        ),
        Constraint(
            ("transport", "tls_psk_file", "tls_allowed_clients"),
            lambda v: v["transport"] != "tls" or bool(v["tls_psk_file"] or v["tls_allowed_clients"]),
            "transport tls needs tls_psk_file or tls_allowed_clients",
            (4, 2),
        ),
        Constraint(
            ("transport", "tls_psk_file", "tls_psk_identity", "tls_allowed_clients"),
            lambda v: v["transport"] != "tls" or not v["tls_psk_file"]
            or bool(v["tls_psk_identity"] or v["tls_allowed_clients"]),
            "transport tls with tls_psk_file needs tls_psk_identity or tls_allowed_clients",
            (4, 2),
        ),
        Constraint(
            ("tls_require_pqc", "tls_crypto_profile"),
            lambda v: v["tls_require_pqc"] != "yes" or v["tls_crypto_profile"] in (None, "pqc"),
            "tls_require_pqc yes needs tls_crypto_profile pqc, or no tls_crypto_profile",
            (4, 2),
        ),
    ),
    ByRelease(((2, 8), 158), ((4, 1, 3), 510)),
    ahead_of={"verify_email": "action_mail_acct"},
)  # fmt: skip

_FAILURE = "ignore syslog exec warn_once_continue warn_once suspend single halt stop"

REMOTE_CONF = ConfigFile(
    "audisp-remote.conf",
    ByRelease(((2, 8), "/etc/audisp/audisp-remote.conf"), ((3, 0), "/etc/audit/audisp-remote.conf")),
    _table(
        Keyword("remote_server", "text"),
        Keyword("port", "number", high=65535, default="60"),
        Keyword("local_port", "number", "any", high=65535, default="0"),
        Keyword("transport", "word", "tcp krb5 tls>=4.2", default="tcp"),
        Keyword("mode", "word", "immediate forward", default="immediate"),
        Keyword("queue_file", "path", default="/var/spool/audit/remote.log"),
        Keyword("queue_depth", "number", low=1, default="2048"),
        Keyword("format", "word", "ascii managed", default="managed"),
        Keyword("network_retry_time", "number", low=1, default="1"),
        Keyword("max_tries_per_record", "number", low=1, default="3"),
        Keyword("max_time_per_record", "number", low=1, default="5"),
        Keyword("heartbeat_timeout", "number", default="0"),
        Keyword("network_failure_action", "remote action", _FAILURE, default="stop"),
        Keyword("disk_low_action", "remote action", _FAILURE, default="ignore"),
        Keyword("disk_full_action", "remote action", _FAILURE, default="warn_once"),
        Keyword("disk_error_action", "remote action", _FAILURE, default="warn_once"),
        Keyword("remote_ending_action", "remote action", _FAILURE + " reconnect", default="reconnect"),
        Keyword("generic_error_action", "remote action", _FAILURE, default="syslog"),
        Keyword("generic_warning_action", "remote action", _FAILURE, default="syslog"),
        Keyword("queue_error_action", "remote action", _FAILURE, default="stop"),
        Keyword("overflow_action", "word", "ignore syslog suspend single halt", default="syslog"),
        Keyword("startup_failure_action", "remote action", "ignore syslog exec warn_once_continue warn_once",
                default="warn_once_continue", since=(3, 0)),
        Keyword("enable_krb5", "yes or no", default="no"),
        Keyword("krb5_principal", "text"),
        Keyword("krb5_client_name", "text"),
        Keyword("krb5_key_file", "text"),
        Keyword("tls_auth", "word", "psk", default="psk", since=(4, 2)),
        Keyword("tls_psk_file", "path", since=(4, 2)),
        Keyword("tls_psk_identity", "text", since=(4, 2)),
        Keyword("tls_crypto_profile", "word", "compatible system pqc", since=(4, 2)),
        Keyword("tls_cipher_suites", "text", since=(4, 2)),
        Keyword("tls_key_exchange", "text", since=(4, 2)),
        Keyword("tls_require_pqc", "yes or no", default="no", since=(4, 2)),
    ),
    (
        Constraint(
            ("mode", "format"),
            lambda v: v["mode"] != "forward" or v["format"] == "managed",
            "mode forward needs format managed",
        ),
        Constraint(
            ("transport", "tls_psk_file", "tls_psk_identity"),
            lambda v: v["transport"] != "tls" or bool(v["tls_psk_file"] and v["tls_psk_identity"]),
            "transport tls needs tls_psk_file and tls_psk_identity",
            (4, 2),
        ),
        Constraint(
            ("transport", "format"),
            lambda v: v["transport"] != "tls" or v["format"] == "managed",
            "transport tls needs format managed",
            (4, 2),
        ),
        Constraint(
            ("tls_require_pqc", "tls_crypto_profile"),
            lambda v: v["tls_require_pqc"] != "yes" or v["tls_crypto_profile"] in (None, "pqc"),
            "tls_require_pqc yes needs tls_crypto_profile pqc, or no tls_crypto_profile",
            (4, 2),
        ),
    ),
    ByRelease(((2, 8), 126)),
    splits=True,
    unended=True,
)  # fmt: skip

PLUGIN_CONF = ConfigFile(
    "plugins.d/*.conf",
    ByRelease(((2, 8), "/etc/audisp/plugins.d"), ((3, 0), "/etc/audit/plugins.d")),
    _table(
        Keyword("active", "yes or no", default="no"),
        Keyword("direction", "word", "out"),
        Keyword("path", "plugin path"),
        Keyword("type", "word", "always builtin", default="always"),
        Keyword("args", "args"),
        Keyword("format", "word", "string binary", default="string"),
    ),
    (
        Constraint(
            ("active", "path"), lambda v: v["active"] != "yes" or bool(v["path"]), "an active plugin needs a path"
        ),
    ),
    ByRelease(((2, 8), 158), ((4, 1, 3), 510)),
    closed=ByRelease(((2, 8), 0o002), ((4, 2), 0o022)),
)

AUDISPD_CONF = ConfigFile(
    "audispd.conf",
    ByRelease(((2, 8), "/etc/audisp/audispd.conf")),
    _table(
        Keyword("q_depth", "number", high=99999, default="80", until=(3, 0)),
        Keyword("overflow_action", "word", "ignore syslog suspend single halt", default="syslog", until=(3, 0)),
        Keyword("priority_boost", "number", default="4", until=(3, 0)),
        Keyword("max_restarts", "number", default="10", until=(3, 0)),
        Keyword("name_format", "word", "none hostname fqd numeric user", default="none", until=(3, 0)),
        Keyword("name", "text", until=(3, 0)),
        Keyword("plugin_dir", "text", default="/etc/audisp/plugins.d", until=(3, 0)),
    ),
    (
        Constraint(
            ("name_format", "name"),
            lambda v: v["name_format"] != "user" or bool(v["name"]),
            "name_format user needs a name",
        ),
    ),
    ByRelease(((2, 8), 158)),
)

FILES = (AUDITD_CONF, AUDISPD_CONF, PLUGIN_CONF, REMOTE_CONF)

_FILTER = "allowlist /etc/audit/audisp-filter.conf /sbin/audisp-syslog LOG_USER LOG_INFO interpret"


def _unix_socket(path: str) -> Plugin:
    return Plugin("af_unix", "/sbin/audisp-af_unix", args=f"0640 {path} string", format="binary")


#: Plugins that come with audit, by name; None in releases without the plugin.
PLUGINS: Dict[str, ByRelease] = {
    "syslog": ByRelease(
        ((2, 8), Plugin("syslog", "builtin_syslog", "builtin", "LOG_INFO")),
        ((3, 0), Plugin("syslog", "/sbin/audisp-syslog", args="LOG_INFO")),
    ),
    "af_unix": ByRelease(
        ((2, 8), Plugin("af_unix", "builtin_af_unix", "builtin", "0640 /var/run/audispd_events")),
        ((3, 1, 1), Plugin("af_unix", "/sbin/audisp-af_unix", args="0640 /var/run/audispd_events")),
        ((4, 0, 4), _unix_socket("/var/run/audispd_events")),
        ((4, 1, 2), _unix_socket("/run/audit/audispd_events")),
    ),
    "au-remote": ByRelease(((2, 8), Plugin("au-remote", "/sbin/audisp-remote"))),
    "filter": ByRelease(((4, 0, 1), Plugin("filter", "/sbin/audisp-filter", args=_FILTER))),
    "ids": ByRelease(((3, 0), Plugin("audisp-ids", "/usr/sbin/audisp-ids", args="1"))),
    "statsd": ByRelease(((3, 0), Plugin("au-statsd", "/sbin/audisp-statsd"))),
    "zos-remote": ByRelease(
        ((2, 8), Plugin("audispd-zos-remote", "/sbin/audispd-zos-remote", args="/etc/audisp/zos-remote.conf")),
        ((3, 0), Plugin("audispd-zos-remote", "/sbin/audispd-zos-remote", args="/etc/audit/zos-remote.conf")),
    ),
}
