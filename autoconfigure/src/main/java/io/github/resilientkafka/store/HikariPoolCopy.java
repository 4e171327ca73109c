package io.github.resilientkafka.store;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;

/**
 * A small pool beside the application's own, with the same connection settings. User name and password are asked for
 * anew for every connection, since the application may change them while it runs.
 * <p>
 * Four connections: two for the writers, two for the relay, lent for single statements only. Administration and
 * statistics wait their turn. One of them stays open while Kafka is well, checked often enough to be usable at once.
 */
final class HikariPoolCopy extends HikariDataSource {

    private static final int CONNECTIONS = 4;

    private static final long CONNECTION_TIMEOUT = 5_000;

    private static final long VALIDATION_TIMEOUT = 2_000;

    private static final long KEEPALIVE = 30_000;

    private final HikariDataSource original;

    private HikariPoolCopy(HikariDataSource original) {
        this.original = original;
    }

    /**
     * Whether a pool's settings say how it connects; a subclass may have its own ways.
     * @param dataSource the application's pool
     * @return whether it can be copied
     */
    static boolean canCopy(Object dataSource) {
        return dataSource.getClass() == HikariDataSource.class;
    }

    /**
     * Creates a pool that connects when it is first used.
     * @param dataSource the application's pool
     * @return the copy, to be closed
     */
    static HikariDataSource of(Object dataSource) {
        HikariDataSource original = (HikariDataSource) dataSource;
        HikariPoolCopy copy = new HikariPoolCopy(original);
        original.copyStateTo(copy);
        if (copy.getMetricRegistry() != null) {
            copy.setMetricRegistry(null);
        } else {
            copy.setMetricsTrackerFactory(null);
        }
        copy.setHealthCheckRegistry(null);
        copy.setRegisterMbeans(false);
        copy.setScheduledExecutor(null);
        copy.setThreadFactory(null);
        copy.setAllowPoolSuspension(false);
        copy.setLeakDetectionThreshold(0);
        copy.setPoolName("resilient-kafka");
        copy.setMaximumPoolSize(CONNECTIONS);
        copy.setMinimumIdle(1);
        copy.setInitializationFailTimeout(-1);
        copy.setConnectionTimeout(CONNECTION_TIMEOUT);
        copy.setValidationTimeout(VALIDATION_TIMEOUT);
        if (copy.getMaxLifetime() == 0 || copy.getMaxLifetime() > KEEPALIVE) {
            copy.setKeepaliveTime(KEEPALIVE);
        }
        copy.setAutoCommit(true);
        copy.setReadOnly(false);
        copy.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        return copy;
    }

    /**
     * The URL of a pool, by which the database can be told without a connection.
     * @param dataSource the application's pool
     * @return the URL, or the empty string where it was configured in another way
     */
    static String url(Object dataSource) {
        String url = ((HikariDataSource) dataSource).getJdbcUrl();
        return url == null ? "" : url;
    }

    @Override
    public String getUsername() {
        return this.original.getUsername();
    }

    @Override
    public String getPassword() {
        return this.original.getPassword();
    }

    @Override
    public Credentials getCredentials() {
        return this.original.getCredentials();
    }
}
