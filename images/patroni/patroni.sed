# What the build changes of Patroni's release.
# How long the primary's lock is kept after PostgreSQL has shut down:
# While PostgreSQL archives what is left of its WAL it is no primary any more, and Patroni gives the lock back to a replica that has
# all of it. It looks whether that is so every second, and then waits for one more; it has no setting for either.
s/^STOP_POLLING_INTERVAL = 1$/STOP_POLLING_INTERVAL = 0.2/
s/time\.sleep(1)  # give replicas some more time to catch up$/time.sleep(0.3)  # give replicas some more time to catch up/
# Whom commits wait for in a cluster that has just begun, with synchronous_mode: quorum and synchronous_mode_strict: any one replica.
# Without a number Patroni writes ANY None (*), which PostgreSQL refuses and passes over: commits would wait for nobody.
s/^            sync = \['\*'\]$/            sync, num = ['*'], num or 1/
# When its port is gone: Patroni that was told to end answers nobody any more, and its port took connections until it was gone. Those
# who would take over waited for an answer for a second. Now they are refused at once.
s/^        self\._executor\.shutdown(wait=True)$/&\n        self.server_close()/
