"""`login`, `logout`, `whoami`."""

import webbrowser

import typer

from minutebook.cli.console import stderr, stdout
from minutebook.cli.remote.connection import AsJson, Server, TokenFile, connect_server
from minutebook.cli.remote.output import print_json
from minutebook.client import ConnectionFailed, PaxsError


def login(
    server: Server = None,
    tokens: TokenFile = None,
    agent: bool = typer.Option(False, "--agent", help="No callback: open the link anywhere, this command polls."),
    no_browser: bool = typer.Option(False, "--no-browser", help="Only show the link."),
    port: int = typer.Option(3000, "--port", help="Port of the local callback server.", min=0, max=65535),
    json: AsJson = False,
) -> None:
    """Sign in to a PAXS server."""

    def invite(link: str) -> None:
        stderr.print("Open this link to sign in and to let Minutebook use your meetings:")
        stderr.print(link, style="cyan", soft_wrap=True)  # to be copied whole
        if not agent and not no_browser:
            webbrowser.open(link)
        stderr.print("Waiting for you to agree there …")

    def show_code(code: str) -> None:
        stderr.print(f"The page must show the code {code}; if it shows another one, deny.")

    with connect_server(server, tokens) as paxs:
        if agent:
            paxs.oauth.by_agent(invite, show_code)
        else:
            paxs.oauth.by_callback(invite, port=port)
        user = paxs.users.me()
        if json:
            print_json({"server": paxs.base_url, "user": user})
        else:
            stdout.print(f"Signed in to {paxs.base_url} as {user.display_name} <{user.email}>.")


def logout(server: Server = None, tokens: TokenFile = None, json: AsJson = False) -> None:
    """Sign out: the tokens end on the server and disappear here."""
    with connect_server(server, tokens) as paxs:
        if paxs.tokens.load() is None and not json:
            stdout.print(f"Nobody was signed in to {paxs.base_url}.")
            return
        revoked = paxs.tokens.load() is not None
        try:
            paxs.oauth.revoke()
        except ConnectionFailed as error:
            revoked = False
            stderr.print(f"The server was not told: {error.message}")
        except PaxsError:  # a server without revocation: its tokens die of age
            revoked = False
        paxs.tokens.clear()
        if json:
            print_json({"server": paxs.base_url, "revoked": revoked})
        else:
            stdout.print(f"Signed out of {paxs.base_url}.")


def whoami(server: Server = None, tokens: TokenFile = None, json: AsJson = False) -> None:
    """Show who is signed in, and where."""
    with connect_server(server, tokens) as paxs:
        user = paxs.users.me()
        if json:
            print_json({"server": paxs.base_url, "user": user})
        else:
            stdout.print(f"{user.display_name} <{user.email}> at {paxs.base_url}")
