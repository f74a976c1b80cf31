# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What OpenSCAP says of the packs: for each pack and profile, how many rules pass, and why the others do not.

test_scanners.py compares this table with scans of guests; the table of docs/requirements.md is made of it.
"""

from types import MappingProxyType
from typing import NamedTuple

DISA = "DISA"
#: The names of ComplianceAsCode for rules that look at audit rules and at auditd.conf.
WANTED = "audit_rules_|auditd_"

_SELINUX = "needs SELinux: the kernel refuses types of a policy that it does not have"
_REMOTE = (
    "needs a server to send records to, whose name is a variable of the profile (`logcollector` by default): the role "
    "remote_logging sets one up"
)
_CRON = "looks for a script that copies logs away; the role remote_logging sends each record at once instead"


class Scan(NamedTuple):
    """One scan.

    ``items``: rule packs with their parameters. ``product``: whose data stream of ComplianceAsCode, or DISA. ``guest``:
    the release of Debian that loads audit rules as that distribution does. ``passes``: how many rules pass. ``fails``:
    why each other rule fails.
    """

    items: tuple[tuple[str, dict], ...]
    product: str
    profile: str
    passes: int
    fails: dict[str, str] = MappingProxyType({})
    guest: str = "bookworm"
    wanted: str = WANTED

    @property
    def red_hat(self) -> bool:
        """Whether the content is for a host whose files benchmarks want as those of RHEL 9 and newer."""
        return self.product in (DISA, "rhel9", "rhel10")

    @property
    def title(self) -> str:
        """A name for people."""
        packs = " and ".join(name for name, _parameters in self.items)
        return f"{packs}: {self.product} {self.profile}"


_ON_TMPFS = (
    "the directory is on a tmpfs, so it is watched as a file (-a): at a boot, before the directory exists, -w would "
    "watch nothing in it"
)
_CONTINUES = (
    "wants -c, with which auditctl fails if a rule is refused, and auditd 4.0 to 4.0.2 then does not start; the files "
    "have -i, with which auditctl goes on too"
)
_KEEP_LOGS = (
    "STIG and CIS contradict each other: max_log_file_action is to be rotate, or keep_logs; what comes first counts"
)
_SYSLOG = "wants all records in syslog as well; `audisp_plugin` with `name: syslog` and `active: true` does that"
_PANIC = "wants -f 2, a panic if an event cannot be recorded; HIPAA does not. Set `auditd_failure: panic` for it"
_FILES = (
    "compares whole files with those that the audit package has as samples (30-ospp-v42-1-create-failed.rules and so "
    "on); the pack says the same in one file. Where those files count, copy them to rules.d from the host's own "
    "package (/usr/share/doc/auditd/examples/rules on Debian): of audit 3.0.9, all for x86-64 pass but "
    "audit_ospp_general"
)
_OFFLOAD = {"auditd_audispd_configure_remote_server": _REMOTE, "auditd_offload_logs": _CRON}
_FAILLOCK = {"audit_rules_login_events_faillock": _ON_TMPFS}
_CRON_EXECUTION = {"audit_rules_cron_execution": _SELINUX}

_SYSLOG_PLUGIN = {"auditd_audispd_syslog_plugin_activated": _SYSLOG}

_BY_FLAGS = dict.fromkeys(
    (
        f"audit_rules_unsuccessful_file_modification_{call}_{what}"
        for call in ("open", "openat", "open_by_handle_at")
        for what in ("o_creat", "o_trunc_write", "rule_order")
    ),
    "wants calls that create or truncate a file in rules of their own, by the flags of the call, before the others; "
    "the pack records all of them under one key",
) | dict.fromkeys(
    ("auditd_data_retention_admin_space_left_action", "auditd_data_retention_space_left_action"),
    "HIPAA asks for no action when the disk is nearly full; `auditd_settings` sets one",
)

_LOCKED = {"immutable": True}
_STIG = {"immutable": True, "panic": True}
_BOTH = (("stig_rhel9", _STIG), ("cis_level2", _LOCKED))
_OSPP = (
    "audit_access_failed",
    "audit_access_failed_aarch64",
    "audit_access_failed_ppc64le",
    "audit_access_success",
    "audit_access_success_aarch64",
    "audit_access_success_ppc64le",
    "audit_basic_configuration",
    "audit_create_failed",
    "audit_create_failed_aarch64",
    "audit_create_failed_ppc64le",
    "audit_create_success",
    "audit_create_success_aarch64",
    "audit_create_success_ppc64le",
    "audit_delete_failed",
    "audit_delete_failed_aarch64",
    "audit_delete_failed_ppc64le",
    "audit_delete_success",
    "audit_delete_success_aarch64",
    "audit_delete_success_ppc64le",
    "audit_immutable_login_uids",
    "audit_modify_failed",
    "audit_modify_failed_aarch64",
    "audit_modify_failed_ppc64le",
    "audit_modify_success",
    "audit_modify_success_aarch64",
    "audit_modify_success_ppc64le",
    "audit_module_load",
    "audit_module_load_ppc64le",
    "audit_ospp_general",
    "audit_ospp_general_aarch64",
    "audit_ospp_general_ppc64le",
    "audit_owner_change_failed",
    "audit_owner_change_failed_aarch64",
    "audit_owner_change_failed_ppc64le",
    "audit_owner_change_success",
    "audit_owner_change_success_aarch64",
    "audit_owner_change_success_ppc64le",
    "audit_perm_change_failed",
    "audit_perm_change_failed_aarch64",
    "audit_perm_change_failed_ppc64le",
    "audit_perm_change_success",
    "audit_perm_change_success_aarch64",
    "audit_perm_change_success_ppc64le",
)

SCANS = (
    Scan((("stig_rhel8", _LOCKED),), "rhel8", "stig", 77),
    Scan((("stig_rhel9", _STIG),), "rhel9", "stig", 82, _CRON_EXECUTION),
    Scan((("stig_rhel9", _STIG),), DISA, "MAC-1_Classified", 54, wanted="RHEL-09-(654|653110)"),
    Scan((("stig_rhel10", _STIG),), "rhel10", "stig", 81, guest="forky"),
    Scan((("stig_ubuntu2004", _LOCKED),), "ubuntu2004", "stig", 67, _OFFLOAD),
    Scan((("stig_ubuntu2204", _LOCKED),), "ubuntu2204", "stig", 71, _OFFLOAD),
    Scan((("stig_ubuntu2404", _LOCKED),), "ubuntu2404", "stig", 71, _OFFLOAD),
    Scan((("cis_level2", _LOCKED),), "rhel8", "cis", 63, {"audit_rules_continue_loading": _CONTINUES, **_FAILLOCK}),
    Scan((("cis_level2", _LOCKED),), "rhel9", "cis", 67),
    Scan((("cis_level2", _LOCKED),), "rhel10", "cis", 73, {"audit_rules_continue_loading": _CONTINUES}, "forky"),
    Scan((("cis_level2", _LOCKED),), "ubuntu2204", "cis_level2_server", 59, _FAILLOCK),
    Scan((("cis_level2", _LOCKED),), "ubuntu2404", "cis_level2_server", 60, _FAILLOCK),
    Scan((("cis_level2", _LOCKED),), "debian12", "cis_level2_server", 61, _FAILLOCK),
    Scan(_BOTH, "rhel9", "stig", 82, _CRON_EXECUTION),
    Scan(_BOTH, "rhel9", "cis", 66, {"auditd_data_retention_max_log_file_action": _KEEP_LOGS}),
    Scan((("anssi_bp28", _LOCKED),), "rhel8", "anssi_bp28_high", 49),
    Scan((("anssi_bp28", _LOCKED),), "rhel9", "anssi_bp28_high", 49),
    Scan((("anssi_bp28", _LOCKED),), "rhel10", "anssi_bp28_high", 54, guest="forky"),
    Scan((("anssi_bp28", _LOCKED),), "debian12", "anssi_bp28_high", 51),
    Scan((("pci_dss_v4", _LOCKED),), "rhel9", "pci-dss", 44, _SYSLOG_PLUGIN),
    Scan((("pci_dss_v4", _LOCKED),), "rhel8", "pci-dss", 44, _SYSLOG_PLUGIN),
    Scan((("pci_dss_v4", _LOCKED),), "rhel10", "pci-dss", 46, _SYSLOG_PLUGIN, "forky"),
    Scan((("hipaa", _LOCKED),), "rhel8", "hipaa", 68, {"audit_rules_system_shutdown": _PANIC, **_SYSLOG_PLUGIN}),
    Scan((("hipaa", _LOCKED),), "rhel10", "hipaa", 80, _BY_FLAGS | {"audit_rules_system_shutdown": _PANIC}, "forky"),
    Scan((("hipaa", _LOCKED),), "rhel9", "hipaa", 68, {"audit_rules_system_shutdown": _PANIC}),
    Scan(
        (("ospp_v42", {"immutable": True, "successful": True}),), "rhel9", "ospp", 4, dict.fromkeys(_OSPP, _FILES),
        wanted="audit_|auditd_",
    ),
)  # fmt: skip

#: What the role auditd makes of ``auditd_standards`` on hosts that the role remote_logging has set up.
_CIS_FIRST = (("cis_level2", _LOCKED), ("stig_rhel9", _LOCKED))
BY_ROLES = (
    Scan(
        _CIS_FIRST, DISA, "MAC-1_Classified", 71, {"RHEL-09-653055": _KEEP_LOGS},
        wanted="RHEL-09-(654|653(?!010|030|120|130))",
    ),
    Scan(
        _CIS_FIRST, "rhel9", "stig", 81,
        _CRON_EXECUTION | {"auditd_data_retention_max_log_file_action_stig": _KEEP_LOGS},
    ),
    Scan(_CIS_FIRST, "rhel9", "cis", 67),
    Scan((("stig_ubuntu2204", _LOCKED),), "ubuntu2204", "stig", 72, {"auditd_offload_logs": _CRON}),
)  # fmt: skip
