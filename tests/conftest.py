"""What must be settled before any test imports a library."""

import os

# As it is imported, gcsfs decides whether to ask a service that no stand-in speaks for what kind of bucket it has.
os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"
