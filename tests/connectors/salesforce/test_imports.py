"""The connector costs nothing until something is asked: the SDK is loaded with the first call."""

from __future__ import annotations

import subprocess
import sys


def test_the_sdk_is_not_imported_with_plugin_settings_or_connector() -> None:
    program = (
        "import sys; import consentric_salesforce.plugin as p; assert 'pydantic' not in sys.modules;"
        "(kind,) = p.register_connectors(); assert kind.name == 'salesforce';"
        "loaded = {'simple_salesforce', 'zeep', 'urllib3', 'requests'} & set(sys.modules);"
        "assert not loaded, loaded;"
        "import consentric_salesforce_sync.plugin as w; (kind,) = w.register_writers();"
        "loaded = {'simple_salesforce', 'zeep', 'urllib3'} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
