"""Stage *collect*: brings an ERP's answers from its server into the inbox, where the stage *watch* reads them.

Not for: a list of what is in it; import the module that is needed.
"""
