#!/usr/bin/python3
"""OpenStack Swift with its S3 interface, which checks signatures: all of its servers in one process, in the folder that is
given, on a free port of loopback. Says its address once it listens. Account test:farm, secret farmsecret."""
import os
import pathlib
import sys

import eventlet
import eventlet.wsgi

eventlet.monkey_patch()
folder = pathlib.Path(sys.argv[1]).absolute()
(folder / "swift.conf").write_text("""[swift-hash]
swift_hash_path_suffix = atelier
[storage-policy:0]
name = only
default = yes
""")

from swift.common import utils  # noqa: E402

utils.SWIFT_CONF_FILE = str(folder / "swift.conf")
utils.HASH_PATH_SUFFIX = utils.HASH_PATH_PREFIX = b""
utils.validate_hash_conf()
from swift.common import storage_policy  # noqa: E402

storage_policy.reload_storage_policies()
from swift.account.server import AccountController  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.utils import NullLogger  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402
from swift.container.server import ContainerController  # noqa: E402
from swift.obj.server import ObjectController  # noqa: E402

PROXY = """[DEFAULT]
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:slo]
use = egg:swift#slo
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_farm = farmsecret .admin
"""


def serve(app, socket):
    eventlet.spawn(eventlet.wsgi.server, socket, app, NullLogger(), log_output=False, keepalive=True)


def main():
    (folder / "devices/d").mkdir(parents=True)
    conf = {"devices": str(folder / "devices"), "swift_dir": str(folder), "mount_check": "false", "disable_fallocate": "true"}
    logger = utils.get_logger({"log_level": "ERROR"})
    for name, controller in (("account", AccountController), ("container", ContainerController), ("object", ObjectController)):
        socket = eventlet.listen(("127.0.0.1", 0))
        builder = RingBuilder(2, 1, 0)
        builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": socket.getsockname()[1], "device": "d",
                         "weight": 1, "replication_ip": "127.0.0.1", "replication_port": socket.getsockname()[1]})
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{name}.ring.gz"))
        serve(controller(conf, logger=logger), socket)
    (folder / "proxy.conf").write_text(PROXY.format(folder=folder))
    socket = eventlet.listen(("127.0.0.1", 0))
    serve(loadapp(str(folder / "proxy.conf")), socket)
    print(f"listening on 127.0.0.1:{socket.getsockname()[1]}", flush=True)
    while True:
        eventlet.sleep(3600)


main()
