"""A certificate authority of our own, made by the `openssl` program."""

from pathlib import Path

from . import tools


def make(folder: Path, name: str = "localhost") -> tuple[Path, Path, Path]:
    """Files: the authority's certificate, a server's certificate for `name` and 127.0.0.1, its key."""
    folder.mkdir(parents=True, exist_ok=True)
    authority, authority_key = folder / "ca.pem", folder / "ca.key"
    certificate, key, request = folder / "server.pem", folder / "server.key", folder / "server.csr"
    extensions = folder / "server.ext"
    extensions.write_text(
        f"subjectAltName=DNS:{name},IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n"
    )
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    tools.call(
        "openssl", "req", "-x509", *curve, "-days", "30", "-subj", "/CN=Test CA",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", authority_key, "-out", authority,
    )  # fmt: skip
    tools.call("openssl", "req", *curve, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    tools.call(
        "openssl", "x509", "-req", "-in", request, "-CA", authority, "-CAkey", authority_key, "-CAcreateserial",
        "-days", "30", "-extfile", extensions, "-out", certificate,
    )  # fmt: skip
    return authority, certificate, key
