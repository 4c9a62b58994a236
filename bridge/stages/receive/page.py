"""What somebody reads who opens the orders address in a browser: what this is, and how to try it.

Not for: the team's pages; those are on the admin listener.
"""

HELP = """\
This is where Norce Commerce posts its orders. A browser cannot do anything here (405); Norce can.

In Norce Admin, ERP integration:   ERP endpoint type      REST
                                   ERP endpoint URL       {url}
                                   username and password  those of [receiver] in config.toml

Try it yourself:                   curl -u norce -H 'Content-Type: application/json' --data-binary @order.json {url}
What an order may hold:            {url}/openapi.json
What became of it:                 erp-bridge orders list
"""


def help_page(url: str) -> str:
    """The page for this address, as plain text."""
    return HELP.replace("{url}/", f"{url.rstrip('/')}/").replace("{url}", url)
