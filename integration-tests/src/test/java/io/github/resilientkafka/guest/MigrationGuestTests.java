package io.github.resilientkafka.guest;

import static io.github.resilientkafka.TestApplication.unique;
import static io.github.resilientkafka.guest.Guests.findStoredEvent;
import static io.github.resilientkafka.guest.Guests.storeEvent;
import static io.github.resilientkafka.guest.Guests.useOwnEntity;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.EventTables;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.guest.customer.CustomerApplication;
import io.github.resilientkafka.testing.LocalPostgres;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Applications that migrate their own tables: on an empty schema, and on one that they had before they met us. JPA, which
 * validates, comes after both.
 */
@Tag("unhurried")
class MigrationGuestTests {

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String url = this.postgres.createDatabase(unique("guest"));

    private final EventTables tables = new EventTables(this.postgres, this.url);

    enum Tool {
        FLYWAY("flywayInitializer", "flyway_schema_history"),

        LIQUIBASE("liquibase", "databasechangelog");

        private final String bean;

        private final String history;

        Tool(String bean, String history) {
            this.bean = bean;
            this.history = history;
        }
    }

    private TestApplication.Builder application(Tool tool) {
        return TestApplication.withoutKafka(this.postgres)
                .database(this.url)
                .sources(CustomerApplication.class)
                .withJpa()
                .with("spring.jpa.hibernate.ddl-auto", "validate")
                .with("spring.flyway.enabled", tool == Tool.FLYWAY)
                .with("spring.flyway.locations", "classpath:guest/flyway")
                .with("spring.liquibase.enabled", tool == Tool.LIQUIBASE)
                .with("spring.liquibase.change-log", "classpath:guest/liquibase/changelog.sql");
    }

    @ParameterizedTest(name = "{0} on an empty schema, and at the next start")
    @EnumSource
    void emptySchema(Tool tool) throws Exception {
        try (TestApplication application = application(tool).start()) {
            useOwnEntity(application);
            storeEvent(application, "orders");
            assertThat(dependencies(application, "resilientKafkaSchemaInitializer"))
                    .contains(tool.bean);
            assertThat(dependencies(application, "entityManagerFactory"))
                    .contains(tool.bean, "resilientKafkaSchemaInitializer");
        }
        assertThat(this.tables.names("public"))
                .contains(tool.history, "customer", "failed_kafka_events", "resilient_kafka_schema_history");

        try (TestApplication application = application(tool).start()) {
            useOwnEntity(application);
            findStoredEvent(application, "orders");
        }
    }

    @ParameterizedTest(name = "{0} on a schema that was there before us")
    @EnumSource
    void filledSchema(Tool tool) throws Exception {
        application(tool).with("resilient-kafka.enabled", false).start().close();
        assertThat(this.tables.names("public"))
                .contains(tool.history, "customer")
                .doesNotContain("kafka_lane");

        try (TestApplication application = application(tool).start()) {
            useOwnEntity(application);
            storeEvent(application, "orders");
            findStoredEvent(application, "orders");
        }
    }

    private static String[] dependencies(TestApplication application, String bean) {
        return application.context().getBeanFactory().getBeanDefinition(bean).getDependsOn();
    }
}
