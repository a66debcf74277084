"""The citizen's page, read and pressed as a browser without JavaScript does it."""

import re
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

TIMEOUT_SECONDS = 30


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class _Reader(HTMLParser):
    """Collects text, links and forms."""

    def __init__(self):
        super().__init__()
        self.text, self.links, self.forms, self.within = [], [], [], None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        form = self.forms[-1] if self.forms else None
        if tag == "a":
            self.links.append([attrs.get("href", ""), ""])
        if tag == "form":
            about = {"action": attrs.get("action", ""), "method": attrs.get("method", "get")}
            self.forms.append(about | {"fields": [], "buttons": []})
        if tag == "button" and form:
            form["buttons"].append(["", attrs.get("name"), attrs.get("value", "")])
        if tag in ("input", "textarea", "select") and form and attrs.get("name"):
            form["fields"].append([attrs["name"], attrs.get("value", ""), attrs.get("type", tag)])
        if tag == "option" and "selected" in attrs and form:
            form["fields"][-1][1] = attrs.get("value", "")
        self.within = tag if tag in ("a", "button", "style", "script") else self.within

    def handle_endtag(self, tag):
        if tag == self.within:
            self.within = None

    def handle_data(self, data):
        if self.within in ("style", "script"):
            return
        self.text.append(data)
        if self.within == "a":
            self.links[-1][1] += data
        if self.within == "button" and self.forms:
            self.forms[-1]["buttons"][-1][0] += data


class Page:
    """One answer of the web server."""

    def __init__(self, url: str, status: int, headers, body: bytes):
        self.url, self.status, self.headers, self.body = url, status, headers, body
        self.html = body.decode("utf-8", "replace")
        reader = _Reader()
        reader.feed(self.html)
        self.forms, self.links = reader.forms, reader.links
        self.text = " ".join(" ".join(reader.text).split())

    def form(self, label: str):
        """The form with a button that is labelled so (a regular expression), and the button's name and value."""
        for form in self.forms:
            for said, name, value in form["buttons"]:
                if re.search(label, said, re.I):
                    return form, ({name: value} if name else {})
        found = [button[0] for form in self.forms for button in form["buttons"]]
        raise AssertionError(f"no button {label} on {self.url} ({self.status}): {found}")

    def follow(self, label: str) -> "Page":
        """Opens the link whose text matches."""
        for href, text in self.links:
            if re.search(label, text, re.I):
                return get(urllib.parse.urljoin(self.url, href))
        raise AssertionError(f"no link {label} on {self.url} ({self.status}): {[text for _, text in self.links]}")

    def press(self, label: str, choose=0, **fields: str) -> "Page":
        """Presses a button; of radio buttons the one in place `choose`. Follows one redirection."""
        form, button = self.form(label)
        assert form["method"].lower() == "post", form
        sent, radios = {}, {}
        for name, value, kind in form["fields"]:
            if kind == "radio":
                radios.setdefault(name, []).append(value)
            elif kind != "checkbox":
                sent[name] = value
        sent |= {name: values[choose] for name, values in radios.items()} | button | fields
        return post(urllib.parse.urljoin(self.url, form["action"] or self.url), sent)


def _open(request: urllib.request.Request) -> Page:
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return Page(request.full_url, answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Page(request.full_url, error.code, error.headers, error.read())


def get(url: str, language: str = "de", method: str = "GET") -> Page:
    """Opens a page."""
    return _open(urllib.request.Request(url, headers={"Accept-Language": language}, method=method))


def post(url: str, fields: dict[str, str]) -> Page:
    """Sends a form; a redirection is followed by GET, as browsers do."""
    body = urllib.parse.urlencode(fields).encode()
    headers = {"Accept-Language": "de", "Content-Type": "application/x-www-form-urlencoded"}
    answer = _open(urllib.request.Request(url, data=body, headers=headers, method="POST"))
    if answer.status in (302, 303):
        return get(urllib.parse.urljoin(url, answer.headers["Location"]))
    return answer
