"""The records that flow between the rooms: frozen dataclasses, their Arrow schemas and `datasets` features.

Nothing of ours is imported here. One module a record; `schemas.columns` turns any record type into
an Arrow schema, rows and features.
"""
