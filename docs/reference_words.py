"""What the reference says and no code holds: sentences for errors, exit codes and metrics' types.

Not for: facts; those are read from the code by ``reference.py``, which refuses a name that is missing here.
"""

from collections.abc import Mapping

ERRORS: Mapping[str, tuple[str, str]] = {
    "config_unreadable": (
        "The file of settings is missing, not text, or not to be read by this user.",
        "Name the right file with `-c`, or give the user rights on it.",
    ),
    "config_invalid": (
        "Something in the settings is wrong; each fault stands on its own line with file and line.",
        "Mend what the lines name; `erp-bridge check` tells whether anything is left.",
    ),
    "secret_unreadable": (
        "A secret could not be read.",
        "Look at the file that a `_file` key names: it holds one secret and belongs to the bridge's user.",
    ),
    "journal_locked": (
        "Another process owns the journal.",
        "One bridge runs a journal: stop the other one first. The lock ends with its process.",
    ),
    "journal_busy": (
        "The journal could not take this now; nothing was stored.",
        "The same request may come again, and Norce sends it again. If it lasts, look at the disk's speed.",
    ),
    "journal_full": (
        "The journal's disk is full; orders are answered 503 meanwhile.",
        "Make room; nothing needs a restart.",
    ),
    "journal_damaged": (
        "SQLite found the database damaged, or it is no database.",
        "Stop the bridge, keep the database with its `-wal` and `-shm` files; then `erp-bridge restore` a copy.",
    ),
    "journal_unusable": (
        "The journal's folder or file cannot be used by this user, or was written by a newer bridge.",
        "Give the bridge's user a local folder that it may write to: `[journal] database`.",
    ),
    "order_unreadable": (
        "A body is neither JSON nor XML as Norce sends it.",
        "`erp-bridge rejects show ID --body` has it; mend the sender, then `rejects replay`.",
    ),
    "order_invalid": (
        "A field that the bridge needs is missing or makes no sense; the path to it is named.",
        "Correct the order or the setting in Norce, then `erp-bridge rejects replay ID`.",
    ),
    "order_unroutable": (
        "No `[applications.NAME]` has the order's application key, or no target is named for it.",
        "Add the shop to the settings, restart, then `erp-bridge rejects replay ID`.",
    ),
    "order_not_renderable": (
        "The target's format cannot write this order: a sign outside the encoding, a field that is missing.",
        "Change the format's options or the order, then `erp-bridge rejects replay ID`.",
    ),
    "answer_unreadable": (
        "A file of the ERP cannot be read in any format of its target.",
        "Read `NAME.reason.txt` beside it in quarantine; `erp-bridge read FILE` tries without doing.",
    ),
    "answer_unmatched": (
        "A file of the ERP names an order that the journal does not know, or that fits several.",
        "Read `NAME.reason.txt`; correct the file and move it back into the inbox.",
    ),
    "name_collision": (
        "The final name of a file is taken by somebody else's file; it is never overwritten.",
        "Move the other file away, then `erp-bridge orders retry REF`.",
    ),
    "name_refused": (
        "A name cannot be used on this file system.",
        "Change `[targets.NAME] file_name`.",
    ),
    "folder_missing": (
        "A folder is gone: removed, or its share is not mounted.",
        "Mount or make it; the target goes on by itself.",
    ),
    "folder_refused": (
        "The bridge's user may not use a folder.",
        "Change owner or rights as the line says; the target goes on by itself.",
    ),
    "folder_foreign": (
        "The staging folder is not the one that the journal knows, so it cannot bear witness.",
        "Look at it and at the outbox, then `erp-bridge target trust NAME --because ...`.",
    ),
    "folders_apart": (
        "Staging folder and outbox lie on different file systems; one rename cannot publish.",
        "Set `[targets.NAME] staging` to a folder below the outbox.",
    ),
    "rename_refused": (
        "An SFTP server renames nothing, and no marker is agreed that would say that a file is whole.",
        "Agree with the ERP on one and set `[targets.NAME] marker`; the target goes on by itself.",
    ),
    "disk_full": ("A disk is full, here or on a server.", "Make room; the target goes on by itself."),
    "file_not_written": (
        "A file could not be written, for the ERP or for you.",
        "Look at rights and room of the folder that is named; files for the ERP are tried again.",
    ),
    "host_key_unknown": (
        "No host key is pinned for an SFTP server; nothing was sent to it.",
        "Compare the fingerprint that is shown with its owner's, then `erp-bridge target trust NAME --because ...`.",
    ),
    "host_key_changed": (
        "An SFTP server shows another host key than the pinned one; nothing was sent to it.",
        "Ask its owner, by another way, if that is meant; then `erp-bridge target trust NAME --because ...`.",
    ),
    "login_refused": (
        "An SFTP server does not let the bridge in, or its key or password file cannot be used.",
        "Look at `username`, `key_file` and `password_file` of `[targets.NAME.sftp]`; the target goes on by itself.",
    ),
    "server_unreachable": (
        "An SFTP server cannot be reached, is silent, or cuts connections.",
        "Look at the network and the server; the target goes on by itself.",
    ),
    "target_paused": (
        "The target is left alone until its fault is mended; its orders are stored and wait.",
        "`erp-bridge status` has the reason. What does not end by itself: `target resume` or `target trust`.",
    ),
    "target_backlog": (
        "More files wait for the ERP than `max_waiting_files`; new orders are answered 503.",
        "Look at the ERP's job that fetches files.",
    ),
    "norce_unreachable": (
        "Norce did not answer in time or at all.",
        "Reports are tried again. If it lasts: network, `[norce] slug` or `base_url`, Norce's status page.",
    ),
    "norce_busy": ("Norce asks for patience (429 or 503).", "Nothing; the report is sent later."),
    "norce_login_refused": (
        "Norce does not know this client, or its secret has changed.",
        "Check `[norce] client_id` and `secrets/norce`: `erp-bridge secret set norce`, then restart.",
    ),
    "norce_refused": (
        "Norce took the call and refused what it says; sending it again would not help.",
        "`erp-bridge orders timeline REF` has Norce's words; mend the cause, then `orders retry REF`.",
    ),
    "channel_failed": (
        "A channel could not be told of an alert; the others were, and it is tried again.",
        "Look at `[alerts]`, then `erp-bridge alerts test`.",
    ),
    "port_taken": (
        "Another program listens where the bridge should.",
        "Stop that program, or change `[receiver] listen` or `[admin] listen`.",
    ),
    "state_forbids": (
        "What was asked is not possible in the present state.",
        "`erp-bridge orders timeline REF` shows the state and what may follow.",
    ),
    "not_found": ("There is nothing under that name.", "The line says which list shows what there is."),
    "ambiguous": ("Several things fit what was named.", "Name one of those that are listed, or `#` and its number."),
    "busy": ("Too many requests at once, or this very thing is being worked on.", "Try again in a moment."),
    "stopping": ("The bridge is stopping.", "Try again when it is up; Norce does so by itself."),
    "service_unreachable": (
        "No bridge answers at the admin address.",
        "Start it (`erp-bridge run`), or name another one with `--url`.",
    ),
    "unforeseen": (
        "Something that nobody foresaw; the body was kept.",
        "Please report it with the log line; `-v` shows where it happened.",
    ),
}
"""Each error's name: what it means, and what a person does."""

EXIT_CODES: Mapping[int, str] = {
    0: "done; `status`, `check`: all well",
    1: "the command did its work and the result is bad: a check failed, an order cannot be rendered, a copy is damaged",
    2: "wrong usage",
    3: "nothing found for that reference or filter",
    4: "ambiguous, or not allowed in the present state",
    69: "a remote side cannot be reached: the service, Norce",
    73: "a file or folder cannot be written",
    75: "try again later: busy, locked, a port taken",
    77: "refused: credentials or rights",
    78: "the settings are wrong; systemd does not restart on it (`RestartPreventExitStatus=78`)",
    130: "interrupted",
    143: "terminated by SIGTERM before the service could stop in order",
}
"""Each exit code that a verb may end with."""
