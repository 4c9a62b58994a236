"""The closed list of what the log tells: each event's sentence, and how it reads on a terminal.

Not for: writing them down (``logs.py``), nor for the journal's own history, which has kinds of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """``msg`` is the sentence of the JSON line; ``shown`` the terminal's, with ``{facts}``, where all are known."""

    msg: str
    shown: str = ""


EVENTS: Mapping[str, Wording] = {
    "alert_closed": Wording("no longer alarming", "{kind} {subject}: over. {text}"),
    "alert_raised": Wording("a person is asked to look", "{kind} {subject}: {text}"),
    "alert_repeated": Wording("a person is asked again", "{kind} {subject}: still. {text}"),
    "answer_collected": Wording("an answer was fetched from the ERP's server", "{file} fetched from {target}'s server"),
    "answer_ignored": Wording("an entry of the server's answer folder is left alone"),
    "answer_not_collected": Wording("a file of the server's answer folder cannot be fetched; a person must look"),
    "answer_not_removed": Wording("a fetched answer cannot leave the server; it is not fetched again"),
    "answer_not_written": Wording("the sender hung up before its answer was written; the order is stored"),
    "answers_not_noted": Wording("the journal could not note which answers were written; it is tried again"),
    "backup_failed": Wording("the nightly copy of the journal failed"),
    "backup_made": Wording("the journal was copied", "journal copied to {file}"),
    "channel_failed": Wording("a channel could not be told of an alert"),
    "claim_vanished": Wording("a claimed answer file was taken away"),
    "connections_full": Wording("a listener has as many connections as it may; the longest silent one is hung up on"),
    "file_archived": Wording("answer file archived"),
    "file_broken_off": Wording("the ERP began to read a file and broke off; it waits as before"),
    "file_claimed": Wording("answer file claimed"),
    "file_dropped": Wording("file written for the ERP", "{order} → {file}"),
    "file_fetched": Wording("the ERP fetched the file", "{order} ← {target} fetched {file}"),
    "file_grew": Wording("an answer file grew after it was kept"),
    "file_held": Wording("a person keeps the file from the ERP", "{order}: {file} is held"),
    "file_ignored": Wording("a file in the inbox is left alone"),
    "file_not_moved": Wording("an answer file cannot be read or moved; it is tried again"),
    "file_not_whole": Wording("an answer file is not whole yet; it is read again"),
    "file_not_written": Wording("file not written; it will be tried again"),
    "file_quarantined": Wording("answer file quarantined; a person must look"),
    "file_released": Wording("a person let the held file go", "{order}: {file} is released"),
    "first_look_late": Wording("a target takes long to answer; orders are taken meanwhile"),
    "folder_made": Wording("the inbox was made"),
    "head_late": Wording("a client took too long to say what it wants and was hung up on"),
    "inbox_back": Wording("the inbox can be read again"),
    "inbox_events_back": Wording("events tell of new files in the inbox again"),
    "inbox_polled": Wording("no events tell of new files in the inbox; it is looked through more often instead"),
    "inbox_waits": Wording("the inbox cannot be read; it is tried again"),
    "journal_damaged": Wording("the journal is damaged; no order is taken"),
    "library_message": Wording(""),
    "log_lines_dropped": Wording("log lines were lost because the output is too slow"),
    "login_refused": Wording("a sender was refused"),
    "norce_away": Wording("Norce is not there; nobody calls it but one probe from time to time"),
    "norce_back": Wording("Norce is there again"),
    "order_conflict": Wording("the order came again with other content; the first goes on"),
    "order_received": Wording("order stored", "{order} from Norce, {lines} lines"),
    "order_refused_busy": Wording("an order was put off with 503; Norce sends it again"),
    "order_rejected": Wording("a body cannot become an order; it is kept"),
    "order_repeated": Wording("the order was known and is answered like before"),
    "order_warning": Wording("the order was taken, or its file made anew, with something to know"),
    "pickup_back": Wording("the server's answer folder can be used again"),
    "pickup_waits": Wording("answers cannot be fetched from the server; it is tried again"),
    "report_dead": Wording("a report to Norce was given up; a person must look"),
    "report_failed": Wording("a report to Norce failed; it will be tried again"),
    "report_sent": Wording("reported to Norce"),
    "report_uncertain": Wording("nobody knows whether Norce carried a report out that moves money; a person must look"),
    "service_started": Wording("the bridge is up"),
    "service_stopped": Wording("the bridge has stopped"),
    "service_stopping": Wording("the bridge is stopping"),
    "sftp_files_full": Wording("a file was not opened at the SFTP server; too many are open"),
    "sftp_keys_unreadable": Wording("the SFTP server cannot read authorized_keys; no key lets in"),
    "sftp_login": Wording("a login at the SFTP server", "{source} logged in"),
    "sftp_login_refused": Wording("a login at the SFTP server was refused", "{source} may not log in"),
    "sftp_request_failed": Wording("a request at the SFTP server failed"),
    "sftp_server_busy": Wording("the SFTP server could not take a connection"),
    "sftp_server_down": Wording("the SFTP server is down; the bridge goes on without it and tries again"),
    "sftp_server_started": Wording("the SFTP server is up", "SFTP on port {port}, host key {fingerprint}"),
    "sftp_server_stopped": Wording("the SFTP server has stopped"),
    "sftp_sessions_full": Wording("a login at the SFTP server was turned away; there is no room for one more"),
    "sftp_upload_broken_off": Wording("an upload broke off; nothing of it is kept"),
    "sftp_upload_refused": Wording("an upload was refused; nothing of it is kept"),
    "sftp_uploaded": Wording("a file was uploaded", "{file} uploaded"),
    "status_not_written": Wording("STATUS.txt of an inbox was not written; nothing depends on it"),
    "target_changed": Wording("what was found at the target's place is another than before", "{target}: {detail}"),
    "target_examined": Wording("the target's place was examined", "{target} examined: {detail}"),
    "target_not_examined": Wording("the target's place could not be examined; it is tried again"),
    "target_paused": Wording("the target is left alone until this is mended"),
    "target_probed": Wording("the target was probed and can be used"),
    "target_resumed": Wording("the target is used again"),
    "unforeseen_error": Wording("something nobody foresaw; please report it"),
    "watcher_failed": Wording("the system tells no events of the inbox; it is looked through in turn"),
}
"""Each event that any room logs; a test compares this with the source."""
