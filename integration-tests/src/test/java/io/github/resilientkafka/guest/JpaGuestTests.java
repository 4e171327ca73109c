package io.github.resilientkafka.guest;

import static io.github.resilientkafka.TestApplication.unique;
import static io.github.resilientkafka.guest.Guests.findStoredEvent;
import static io.github.resilientkafka.guest.Guests.storeEvent;
import static io.github.resilientkafka.guest.Guests.useOwnEntity;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.EventTables;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.guest.customer.Customer;
import io.github.resilientkafka.guest.customer.CustomerApplication;
import io.github.resilientkafka.guest.customer.CustomerRepository;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalPostgres;
import java.util.List;
import java.util.Locale;
import org.hibernate.boot.model.naming.Identifier;
import org.hibernate.boot.model.naming.PhysicalNamingStrategyStandardImpl;
import org.hibernate.engine.jdbc.env.spi.JdbcEnvironment;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.domain.EntityScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;

/**
 * Applications with JPA on PostgreSQL: theirs works as before, ours beside it, and Hibernate spares our tables. More of
 * it, on H2, in {@code StoreJpaAutoConfigurationTests}.
 */
@Tag("unhurried")
class JpaGuestTests {

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String url = this.postgres.createDatabase(unique("guest"));

    private final EventTables tables = new EventTables(this.postgres, this.url);

    private TestApplication.Builder application() {
        return TestApplication.withoutKafka(this.postgres)
                .database(this.url)
                .withJpa()
                .sources(CustomerApplication.class)
                .with("spring.jpa.hibernate.ddl-auto", "update");
    }

    @Test
    @DisplayName("own @EntityScan and @EnableJpaRepositories")
    void ownScans() throws Exception {
        try (TestApplication application =
                application().sources(OwnScansApplication.class).start()) {
            useOwnEntity(application);
            storeEvent(application, "orders");
            findStoredEvent(application, "orders");
        }
    }

    @Test
    @DisplayName(
            "ddl-auto=create, update, validate and create-drop with a pending row: it stays, the application's tables are dropped")
    void ddlAuto() throws Exception {
        for (String ddl : List.of("create", "update", "validate", "create", "create-drop")) {
            try (TestApplication application =
                    application().with("spring.jpa.hibernate.ddl-auto", ddl).start()) {
                CustomerRepository customers = application.context().getBean(CustomerRepository.class);
                assertThat(customers.count()).as(ddl).isEqualTo(ddl.startsWith("create") ? 0 : 1);
                customers.save(new Customer("Ann"));
                if (this.tables.count(EventStatus.PENDING) == 0) {
                    storeEvent(application, "orders");
                }
                findStoredEvent(application, "orders");
            }
        }
        assertThat(this.tables.count(EventStatus.PENDING)).isEqualTo(1);
        assertThat(this.tables.lanes()).hasSize(64);
        assertThat(this.tables.names("public"))
                .contains("resilient_kafka_schema_history")
                .doesNotContain("customer");
    }

    @Test
    @DisplayName("upper-case naming strategy, quoted, and default_schema: ours are found in the connection's schema")
    void namingStrategyAndDefaultSchema() throws Exception {
        this.tables.execute("create schema \"SHOP\"");
        try (TestApplication application = application()
                .with("spring.jpa.hibernate.naming.physical-strategy", UpperCase.class.getName())
                .with("spring.jpa.properties.hibernate.globally_quoted_identifiers", true)
                .with("spring.jpa.properties.hibernate.default_schema", "SHOP")
                .start()) {
            useOwnEntity(application);
            storeEvent(application, "orders");
            findStoredEvent(application, "orders");
        }
        assertThat(this.tables.names("SHOP")).containsExactly("CUSTOMER");
        assertThat(this.tables.names("public")).contains("failed_kafka_events");
    }

    @Test
    @DisplayName("resilient-kafka.schema beside default_schema, and Hibernate that creates and drops schemas")
    void schemas() throws Exception {
        try (TestApplication application = application()
                .with("resilient-kafka.schema", "Kafka_Events")
                .with("spring.jpa.properties.hibernate.default_schema", "shop")
                .with("spring.jpa.hibernate.ddl-auto", "create-drop")
                .with("spring.jpa.properties.hibernate.hbm2ddl.create_namespaces", true)
                .start()) {
            useOwnEntity(application);
            storeEvent(application, "orders");
            findStoredEvent(application, "orders");
        }
        assertThat(this.tables.names("shop")).isEmpty();
        assertThat(this.tables.names("kafka_events"))
                .containsExactlyInAnyOrder("failed_kafka_events", "kafka_lane", "resilient_kafka_schema_history");
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EntityScan(basePackageClasses = Customer.class)
    @EnableJpaRepositories(basePackageClasses = CustomerRepository.class)
    static class OwnScansApplication {}

    /** Shouts. */
    public static class UpperCase extends PhysicalNamingStrategyStandardImpl {

        @Override
        public Identifier toPhysicalTableName(Identifier name, JdbcEnvironment environment) {
            return upperCase(name);
        }

        @Override
        public Identifier toPhysicalColumnName(Identifier name, JdbcEnvironment environment) {
            return upperCase(name);
        }

        private static Identifier upperCase(Identifier name) {
            return Identifier.toIdentifier(name.getText().toUpperCase(Locale.ROOT), name.isQuoted());
        }
    }
}
