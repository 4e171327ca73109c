package io.github.resilientkafka.guest;

import static io.github.resilientkafka.TestApplication.unique;
import static io.github.resilientkafka.guest.Guests.findStoredEvent;
import static io.github.resilientkafka.guest.Guests.storeEvent;
import static io.github.resilientkafka.guest.Guests.useOwnEntity;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

import com.zaxxer.hikari.HikariDataSource;
import io.github.resilientkafka.EventTables;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.guest.customer.CustomerApplication;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedKafkaEventRepository;
import io.github.resilientkafka.store.ResilientKafkaDataSource;
import io.github.resilientkafka.testing.LocalPostgres;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/**
 * Applications with several databases, or with few rights in theirs: the right one is used, or the start fails with an
 * analysis that names the cure.
 */
@ExtendWith(OutputCaptureExtension.class)
@Tag("unhurried")
class DataSourceGuestTests {

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String orders = this.postgres.createDatabase(unique("orders"));

    private final String reports = this.postgres.createDatabase(unique("reports"));

    private TestApplication.Builder application(Class<?>... sources) {
        return TestApplication.withoutKafka(this.postgres)
                .sources(sources)
                .with("guest.orders", this.orders)
                .with("guest.reports", this.reports);
    }

    @Test
    @DisplayName("two DataSources: events are stored in the primary one, and JPA finds them there")
    void primary() throws Exception {
        try (TestApplication application = application(CustomerApplication.class, OnePrimary.class)
                .withJpa()
                .with("spring.jpa.hibernate.ddl-auto", "create")
                .start()) {
            useOwnEntity(application);
            storeEvent(application, "orders");
            findStoredEvent(application, "orders");
        }
        assertThat(tables(this.orders).count(EventStatus.PENDING)).isEqualTo(1);
        assertThat(tables(this.reports).names("public")).isEmpty();
    }

    @Test
    @DisplayName("two DataSources, none primary: the analysis names the qualifier")
    void nonePrimary(CapturedOutput output) {
        assertThatException().isThrownBy(() -> application(TestApplication.Minimal.class, NonePrimary.class)
                .start());

        assertThat(output).contains("Resilient Kafka cannot start", "ordersDatabase, reportsDatabase");
        assertThat(output).contains("Put @ResilientKafkaDataSource on the one DataSource bean");
    }

    @Test
    @DisplayName("two DataSources, one of them for events: JPA stays in the other one")
    void qualified() throws Exception {
        try (TestApplication application = application(CustomerApplication.class, Qualified.class)
                .withJpa()
                .with("spring.jpa.hibernate.ddl-auto", "create")
                .start()) {
            useOwnEntity(application);
            storeEvent(application, "orders");
            assertThat(application.context().getBeanProvider(FailedKafkaEventRepository.class))
                    .isEmpty();
        }
        assertThat(tables(this.reports).count(EventStatus.PENDING)).isEqualTo(1);
        assertThat(tables(this.orders).names("public")).containsExactly("customer");
    }

    @Test
    @DisplayName("a routing DataSource: the analysis names the qualifier")
    void routing(CapturedOutput output) {
        assertThatException().isThrownBy(() -> application(TestApplication.Minimal.class, Routing.class)
                .start());

        assertThat(output).contains("chooses among several databases by itself (" + Router.class.getName() + ")");
        assertThat(output).contains("Put @ResilientKafkaDataSource on the one DataSource bean");
    }

    @Test
    @DisplayName("a routing DataSource, and one of its databases for events")
    void routingAndQualified() throws Exception {
        try (TestApplication application = application(TestApplication.Minimal.class, Routing.class, ForEvents.class)
                .start()) {
            storeEvent(application, "orders");
        }
        assertThat(tables(this.reports).count(EventStatus.PENDING)).isEqualTo(1);
    }

    @Test
    @DisplayName("no DataSource, since its auto-configuration is excluded: the analysis says so")
    void none(CapturedOutput output) {
        assertThatException().isThrownBy(() -> application(TestApplication.Minimal.class)
                .with(
                        "spring.autoconfigure.exclude",
                        "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration")
                .start());

        assertThat(output).contains("there is no DataSource", "do not exclude DataSourceAutoConfiguration");
    }

    @Test
    @DisplayName("no right to create tables: the analysis names the scripts; once somebody has run them, it starts")
    void noRights(CapturedOutput output) throws Exception {
        EventTables tables = tables(this.orders);
        String role = unique("limited");
        tables.execute("create role " + role + " login password '" + this.postgres.password() + "'");
        TestApplication.Builder application = application(TestApplication.Minimal.class)
                .database(this.orders)
                .with("spring.datasource.username", role);

        assertThatException().isThrownBy(application::start);
        assertThat(output).contains("permission denied", "classpath:io/github/resilientkafka/schema/postgresql/");

        TestApplication.withoutKafka(this.postgres)
                .database(this.orders)
                .start()
                .close();
        tables.execute("grant select, insert, update, delete on failed_kafka_events, kafka_lane to " + role);
        try (TestApplication limited = application.start()) {
            storeEvent(limited, "orders");
        }
    }

    private EventTables tables(String url) {
        return new EventTables(this.postgres, url);
    }

    static HikariDataSource pool(String url, String user, String password) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(url);
        pool.setUsername(user);
        pool.setPassword(password);
        pool.setMaximumPoolSize(2);
        return pool;
    }

    /** Where the databases are. */
    abstract static class Databases {

        @Value("${guest.orders}")
        String orders;

        @Value("${guest.reports}")
        String reports;

        @Value("${spring.datasource.username}")
        String user;

        @Value("${spring.datasource.password}")
        String password;

        HikariDataSource pool(String url) {
            return DataSourceGuestTests.pool(url, this.user, this.password);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OnePrimary extends Databases {

        @Bean
        @Primary
        DataSource ordersDatabase() {
            return pool(this.orders);
        }

        @Bean
        DataSource reportsDatabase() {
            return pool(this.reports);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class NonePrimary extends Databases {

        @Bean
        DataSource ordersDatabase() {
            return pool(this.orders);
        }

        @Bean
        DataSource reportsDatabase() {
            return pool(this.reports);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Qualified extends Databases {

        @Bean
        DataSource ordersDatabase() {
            return pool(this.orders);
        }

        @Bean(defaultCandidate = false)
        @ResilientKafkaDataSource
        DataSource reportsDatabase() {
            return pool(this.reports);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Routing extends Databases {

        @Bean
        @Primary
        DataSource routingDatabase() {
            Router router = new Router();
            router.setTargetDataSources(Map.of("orders", pool(this.orders), "reports", pool(this.reports)));
            return router;
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class ForEvents extends Databases {

        @Bean(defaultCandidate = false)
        @ResilientKafkaDataSource
        DataSource eventsDatabase() {
            return pool(this.reports);
        }
    }

    /** Chooses by tenant, let us say. */
    static class Router extends AbstractRoutingDataSource {

        @Override
        protected Object determineCurrentLookupKey() {
            return "orders";
        }
    }
}
