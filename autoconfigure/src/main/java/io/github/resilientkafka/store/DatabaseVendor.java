package io.github.resilientkafka.store;

import io.github.resilientkafka.message.ConfigurationException;
import java.util.Locale;
import org.springframework.dao.DataAccessResourceFailureException;

/**
 * The databases that can hold the tables.
 */
enum DatabaseVendor {
    POSTGRESQL("PostgreSQL"),

    H2("H2");

    private static final String SUPPORTED = "PostgreSQL (13 or newer) and H2 (2.3 or newer)";

    private final String productName;

    DatabaseVendor(String productName) {
        this.productName = productName;
    }

    /**
     * Returns the folder of this database's scripts.
     * @return a class path location without prefix, with a slash at its end
     */
    String scripts() {
        return "io/github/resilientkafka/schema/" + name().toLowerCase(Locale.ROOT) + "/";
    }

    /**
     * Returns this database's store.
     */
    JdbcEventStore eventStore(JdbcSession session, StoreScope scope, boolean retain) {
        return switch (this) {
            case POSTGRESQL -> new PostgresEventStore(session, scope, retain);
            case H2 -> new H2EventStore(session, scope, retain);
        };
    }

    /**
     * Returns this database's administrative side.
     */
    JdbcFailedEvents failedEvents(JdbcSession session, StoreScope scope) {
        return switch (this) {
            case POSTGRESQL -> new PostgresFailedEvents(session, scope);
            case H2 -> new H2FailedEvents(session, scope);
        };
    }

    /**
     * Finds out which database it is: from the URL, or by asking it.
     * @param source the store's connections
     * @return the vendor
     * @throws ConfigurationException if it is none of ours, or cannot be told because the database is away
     */
    static DatabaseVendor of(StoreDataSource source) {
        for (DatabaseVendor vendor : values()) {
            if (source.url().startsWith("jdbc:" + vendor.name().toLowerCase(Locale.ROOT) + ":")) {
                return vendor;
            }
        }
        String product = ask(source);
        for (DatabaseVendor vendor : values()) {
            if (vendor.productName.equals(product)) {
                return vendor;
            }
        }
        throw new ConfigurationException(
                "spring.datasource.url",
                "events cannot be stored in " + product,
                "Supported are " + SUPPORTED + ". Put @ResilientKafkaDataSource on a DataSource bean of one of these,"
                        + " or set resilient-kafka.fallback.store-failures=false to run without storing events.");
    }

    private static String ask(StoreDataSource source) {
        try {
            return new JdbcSession(source.dataSource(), () -> {}).run("look at the database", connection -> connection
                    .getMetaData()
                    .getDatabaseProductName());
        } catch (DataAccessResourceFailureException ex) {
            throw new ConfigurationException(
                    "spring.datasource.url",
                    "the database does not answer, and its kind cannot be told from the URL: " + ex.getMessage(),
                    "Start the database first, or use a HikariCP DataSource with the URL of " + SUPPORTED + ".",
                    ex);
        }
    }
}
