"""A private Postfix: the town's mail server between Terminraum and the world.

It has its own configuration, queue and ports, beside whatever Postfix the machine may run, and
only its own processes are ended. Three doors, all on loopback:

- `relay`: takes Terminraum's mail, only with STARTTLS, and hands it to the sink;
- `world`: takes mail from outside, for addresses that exist. What claims to be its own Authentication-Results is
  taken out, as RFC 8601 section 5 wants;
- `signed`: the same, after a filter that has found the DMARC of the envelope's sender good. The
  filter is played by an access table, which writes the Authentication-Results.

Mail for Terminraum's addresses leaves by LMTP, all other mail to the sink.
"""

import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
import time
from pathlib import Path

from . import tools
from .sink import eventually, free_port

AUTHSERV_ID = "mx.rathaus.example"
# Where a message comes from unless said otherwise: somewhere in the world.
OUTSIDE = "203.0.113.9"
START_SECONDS_MAX = 20
SERVICES = """\
postlog   unix-dgram n  -  n  -  1  postlogd
pickup    unix  n  -  n  60  1  pickup
cleanup   unix  n  -  n  -  0  cleanup
qmgr      unix  n  -  n  300 1  qmgr
tlsmgr    unix  -  -  n  1000? 1 tlsmgr
rewrite   unix  -  -  n  -  -  trivial-rewrite
bounce    unix  -  -  n  -  0  bounce
defer     unix  -  -  n  -  0  bounce
trace     unix  -  -  n  -  0  bounce
verify    unix  -  -  n  -  1  verify
showq     unix  n  -  n  -  -  showq
flush     unix  n  -  n  1000? 0 flush
proxymap  unix  -  -  n  -  -  proxymap
smtp      unix  -  -  n  -  -  smtp
relay     unix  -  -  n  -  -  smtp
lmtp      unix  -  -  n  -  -  lmtp
error     unix  -  -  n  -  -  error
retry     unix  -  -  n  -  -  error
discard   unix  -  -  n  -  -  discard
anvil     unix  -  -  n  -  1  anvil
scache    unix  -  -  n  -  1  scache
"""


class Postfix:
    """Use it as a context manager; Debian's package postfix has to be there."""

    def __init__(self, name: str, sink_port: int, lmtp_port: int, certificate: Path, key: Path, transports: list[str]):
        """`transports`: the domains and addresses that are Terminraum's."""
        self.relay, self.world, self.signed = free_port(), free_port(), free_port()
        self.sink_port, self.lmtp_port = sink_port, lmtp_port
        self.certificate, self.key = certificate, key
        self.transports = transports
        self.folder = Path(tempfile.mkdtemp(prefix="terminraum-postfix-"))
        self.log = tools.cache() / "log" / f"mail-{name}-postfix.log"

    def command(self, *arguments: str, check: bool = True) -> str:
        """Runs one of Postfix's programs, as root, on this instance."""
        before = [] if os.geteuid() == 0 else ["sudo", "-n"]
        program, *rest = arguments
        command = [*before, f"/usr/sbin/{program}", "-c", str(self.folder / "etc"), *rest]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
        )
        if check and done.returncode:
            raise tools.Missing(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout[-2000:]}")
        return done.stdout

    def write(self) -> None:
        """The configuration, complete: nothing comes from /etc/postfix."""
        etc, var = self.folder / "etc", self.folder
        etc.mkdir()
        self.folder.chmod(0o755)
        for name in ("queue", "lib"):
            (var / name).mkdir()
        user = pwd.getpwnam("postfix")
        if os.geteuid() == 0:
            os.chown(var / "lib", user.pw_uid, user.pw_gid)
        else:
            tools.call("sudo", "-n", "chown", "postfix:postfix", var / "lib")
            tools.call("sudo", "-n", "chown", "root:root", var / "queue")
        for name in ("certificate", "key"):
            shutil.copy(getattr(self, name), etc / name)
        lmtp = "".join(f"{one} lmtp:inet:127.0.0.1:{self.lmtp_port}\n" for one in self.transports)
        (etc / "transport").write_text(lmtp)
        passed = f"PREPEND Authentication-Results: {AUTHSERV_ID}; dmarc=pass (p=reject) header.from=$1"
        (etc / "filter").write_text(f"/@([^@>]+)$/ {passed}\n")
        (etc / "own_results").write_text(f"/^Authentication-Results:[[:space:]]*{AUTHSERV_ID}/ IGNORE\n")
        own = [one for one in self.transports if "@" not in one]
        (etc / "main.cf").write_text(f"""\
compatibility_level = 3.6
queue_directory = {var}/queue
data_directory = {var}/lib
maillog_file = {var}/maillog
maillog_file_prefixes = {var}
syslog_name = terminraum-test
myhostname = {AUTHSERV_ID}
mydestination =
mynetworks = 127.0.0.0/8
smtpd_authorized_xclient_hosts = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
recipient_delimiter = +
message_size_limit = 1000000
transport_maps = texthash:{etc}/transport
relay_domains = {", ".join(own)} rathaus.example
relayhost = [127.0.0.1]:{self.sink_port}
relay_transport = smtp
smtp_tls_security_level = none
smtpd_tls_cert_file = {etc}/certificate
smtpd_tls_key_file = {etc}/key
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions =
address_verify_map =
unverified_recipient_reject_reason = Address unknown
address_verify_poll_count = 20
address_verify_poll_delay = 1s
address_verify_transport_maps = texthash:{etc}/transport
address_verify_relay_transport = discard
address_verify_default_transport = discard
queue_run_delay = 2s
minimal_backoff_time = 1s
maximal_backoff_time = 3s
smtpd_delay_reject = yes
""")
        (etc / "master.cf").write_text(
            f"127.0.0.1:{self.relay} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt\n"
            f"127.0.0.1:{self.world} inet n - n - - smtpd -o cleanup_service_name=cleanup-world"
            " -o smtpd_recipient_restrictions=reject_unverified_recipient\n"
            f"127.0.0.1:{self.signed} inet n - n - - smtpd"
            f" -o smtpd_sender_restrictions=check_sender_access,regexp:{etc}/filter\n"
            f"cleanup-world unix n - n - 0 cleanup -o header_checks=regexp:{etc}/own_results\n" + SERVICES
        )

    def __enter__(self):
        try:
            self.write()
            self.command("postfix", "start")
            ready = eventually(lambda: all(map(self.answers, (self.relay, self.world, self.signed))), START_SECONDS_MAX)
            assert ready, self.lines()[-2000:]
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text(self.lines())
        self.command("postfix", "stop", check=False)
        if os.geteuid() == 0:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            subprocess.run(["sudo", "-n", "rm", "-rf", "--", str(self.folder)], check=False)

    def answers(self, port: int) -> bool:
        """Whether one of the doors is open."""
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=5) as connection:
                return connection.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def lines(self) -> str:
        """What it has logged."""
        path = self.folder / "maillog"
        before = [] if os.access(path, os.R_OK) else ["sudo", "-n"]
        return subprocess.run([*before, "cat", path], capture_output=True, text=True, errors="replace").stdout

    def waiting(self) -> int:
        """How many messages are in its queue."""
        return self.command("postqueue", "-j", check=False).count('"queue_id"')

    def send(self, raw: bytes, sender: str, *recipients: str, port: int | None = None, client: str = OUTSIDE) -> None:
        """Hands it a message by SMTP, as if it came from the address `client`; by default at the door of signed mail."""
        with smtplib.SMTP("127.0.0.1", port or self.signed, timeout=30) as connection:
            connection.ehlo()
            code, said = connection.docmd("XCLIENT", f"ADDR={client} NAME=client.example")
            assert code == 220, said
            connection.ehlo()
            connection.sendmail(sender, list(recipients), raw)

    def settle(self, seconds: float = 20) -> None:
        """Waits until its queue is empty."""
        assert eventually(lambda: not self.waiting(), seconds, 0.1), self.lines()[-3000:]
        time.sleep(0.05)
