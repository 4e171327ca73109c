package io.github.resilientkafka.store;

import io.github.resilientkafka.message.ConfigurationException;
import java.sql.DatabaseMetaData;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessResourceFailureException;

/**
 * The databases that can hold the tables.
 */
enum DatabaseVendor {
    POSTGRESQL("PostgreSQL"),

    H2("H2");

    private static final String SUPPORTED = "PostgreSQL (13 or newer) and H2 (2.3 or newer)";

    private static final Logger logger = LoggerFactory.getLogger(DatabaseVendor.class);

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
     * Returns this database's dead letters.
     */
    JdbcDeadLetterRows deadLetterRows(JdbcSession session, StoreScope scope) {
        return switch (this) {
            case POSTGRESQL -> new PostgresDeadLetterRows(session, scope);
            case H2 -> new H2DeadLetterRows(session, scope);
        };
    }

    /**
     * Finds out which database it is: from the URL, or by asking it.
     * @param source the store's connections
     * @return the vendor
     * @throws ConfigurationException if it is none of ours, or cannot be told because the database is away
     */
    static DatabaseVendor of(StoreDataSource source) {
        DatabaseVendor vendor = byUrl(source.url());
        if (vendor != null) {
            warnOfLoss(source.url());
            return vendor;
        }
        Database database = ask(source);
        for (DatabaseVendor each : values()) {
            if (each.productName.equals(database.product())) {
                warnOfLoss(database.url());
                return each;
            }
        }
        throw new ConfigurationException(
                "spring.datasource.url",
                "events cannot be stored in " + database.product(),
                "Supported are " + SUPPORTED + ". Put @ResilientKafkaDataSource on a DataSource bean of one of these,"
                        + " or set resilient-kafka.fallback.store-failures=false to run without storing events.");
    }

    private static @Nullable DatabaseVendor byUrl(String url) {
        return Arrays.stream(values())
                .filter(each -> url.startsWith("jdbc:" + each.name().toLowerCase(Locale.ROOT) + ":"))
                .findFirst()
                .orElse(null);
    }

    private static void warnOfLoss(String url) {
        if (url.startsWith("jdbc:h2:mem:")) {
            logger.warn("Events that Kafka cannot take are stored in memory only, since the DataSource is jdbc:h2:mem:"
                    + " what Kafka has not taken when this process ends is LOST. Use PostgreSQL or an H2 file.");
        }
    }

    private static Database ask(StoreDataSource source) {
        try {
            return new JdbcSession(source.dataSource(), () -> {}).run("look at the database", connection -> {
                DatabaseMetaData metaData = connection.getMetaData();
                return new Database(metaData.getDatabaseProductName(), String.valueOf(metaData.getURL()));
            });
        } catch (DataAccessResourceFailureException ex) {
            throw new ConfigurationException(
                    "spring.datasource.url",
                    "the database does not answer, and its kind cannot be told from the URL: " + ex.getMessage(),
                    "Start the database first, or use a HikariCP DataSource with the URL of " + SUPPORTED + ".",
                    ex);
        }
    }

    private record Database(String product, String url) {}
}
