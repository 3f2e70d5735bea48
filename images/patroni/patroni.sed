# What the build changes of Patroni's release.
# How long the primary's lock is kept after PostgreSQL has shut down:
# While PostgreSQL archives what is left of its WAL it is no primary any more, and Patroni gives the lock back to a replica that has
# all of it. It looks whether that is so every second, and then waits for one more; it has no setting for either. A replica that
# has all of it at once takes over at once.
s/^STOP_POLLING_INTERVAL = 1$/STOP_POLLING_INTERVAL = 0.2/
/time\.sleep(1)  # give replicas some more time to catch up$/{
  N
  s/^.*\n\( *\)if self\.is_failover_possible(\(.*\)):$/\1if any(self.is_failover_possible(\2) or time.sleep(0.1) for _ in range(4)):/
}
# Whom commits wait for in a cluster that has just begun, with synchronous_mode: quorum and synchronous_mode_strict: any one replica.
# Without a number Patroni writes ANY None (*), which PostgreSQL refuses and passes over: commits would wait for nobody.
s/^            sync = \['\*'\]$/            sync, num = ['*'], num or 1/
# When its port is gone: Patroni that was told to end answers nobody any more, and its port took connections until it was gone. Those
# who would take over waited for an answer for a second. Now they are refused at once.
s/^        self\._executor\.shutdown(wait=True)$/&\n        self.server_close()/
