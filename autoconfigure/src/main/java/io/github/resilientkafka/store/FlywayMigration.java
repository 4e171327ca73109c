package io.github.resilientkafka.store;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Runs the scripts by a Flyway of our own, which shares nothing with the application's: not its settings, not its
 * history, and it is no bean.
 */
final class FlywayMigration {

    static final String HISTORY = "resilient_kafka_schema_history";

    private FlywayMigration() {}

    static void run(DataSource dataSource, DatabaseVendor vendor, @Nullable String schema) {
        FluentConfiguration configuration = Flyway.configure(FlywayMigration.class.getClassLoader())
                .dataSource(dataSource)
                .locations("classpath:" + vendor.scripts())
                .table(HISTORY)
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .baselineDescription("before Resilient Kafka")
                .placeholderReplacement(false)
                .cleanDisabled(true);
        if (schema != null) {
            configuration.defaultSchema(schema);
        }
        configuration.load().migrate();
    }
}
