package io.github.resilientkafka;

import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalApplication;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.health.HealthEndpoint;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * An application with the starter, as its users build it, on real servers and a database of its own.
 */
public final class TestApplication implements AutoCloseable {

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final ConfigurableApplicationContext context;

    private TestApplication(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /**
     * The least an application has.
     */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    public static class Minimal {}

    public static Builder on(LocalKafka kafka, LocalPostgres postgres) {
        return new Builder(kafka.bootstrapServers(), postgres);
    }

    /**
     * An application whose events are all stored, since nobody listens where it looks for Kafka.
     */
    public static Builder withoutKafka(LocalPostgres postgres) {
        return new Builder("127.0.0.1:1", postgres);
    }

    /**
     * Returns a name that no other test uses: for topics and databases.
     */
    public static String unique(String name) {
        return name + "_" + NUMBER.incrementAndGet() + "_" + Long.toString(System.nanoTime(), 36);
    }

    public EventPublisher publisher() {
        return this.context.getBean(EventPublisher.class);
    }

    public FailedEventRetryService retries() {
        return this.context.getBean(FailedEventRetryService.class);
    }

    public JdbcTemplate jdbc() {
        return new JdbcTemplate(this.context.getBean(DataSource.class));
    }

    public ConfigurableApplicationContext context() {
        return this.context;
    }

    public String circuit() {
        return publisher().getPublisherStats().circuitBreakerState();
    }

    /**
     * Returns the status of the component kafkaPublisher.
     */
    public String health() {
        return this.context
                .getBean(HealthEndpoint.class)
                .healthForPath("kafkaPublisher")
                .getStatus()
                .getCode();
    }

    public long rows(EventStatus status) {
        Long count = jdbc().queryForObject(
                        "select count(*) from failed_kafka_events where status = ?", Long.class, status.name());
        return (count == null) ? 0 : count;
    }

    /**
     * Returns the most attempts that any stored event has used up.
     */
    public int attempts() {
        Integer attempts = jdbc().queryForObject("select max(attempts) from failed_kafka_events", Integer.class);
        return (attempts == null) ? 0 : attempts;
    }

    /**
     * Waits for a future as a caller would, but not for ever.
     */
    public static PublishResult get(CompletableFuture<PublishResult> future) throws Exception {
        return future.get(60, TimeUnit.SECONDS);
    }

    public void awaitCircuit(String state, Duration atMost) {
        Awaitility.await("circuit " + state)
                .atMost(atMost)
                .pollInterval(Duration.ofMillis(20))
                .until(this::circuit, state::equals);
    }

    public void awaitNoneLeft(Duration atMost) {
        Awaitility.await("no row pending")
                .atMost(atMost)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> rows(EventStatus.PENDING), count -> count == 0);
    }

    /**
     * Publishes until an event is sent: the gate of a lane opens a moment after its last row is settled.
     */
    public void awaitSent(String topic, String key, String value) {
        Awaitility.await("sent again")
                .atMost(Duration.ofSeconds(10))
                .until(() -> get(publisher().publish(topic, key, value)).outcome() == Outcome.SENT);
    }

    @Override
    public void close() {
        this.context.close();
    }

    /**
     * Builds the application.
     */
    public static final class Builder {

        private static final String EXCLUDE = "spring.autoconfigure.exclude";

        private final Map<String, Object> properties = new LinkedHashMap<>();

        private Class<?>[] sources = {Minimal.class};

        private Builder(String bootstrapServers, LocalPostgres postgres) {
            with("spring.application.name", "test");
            with("spring.kafka.bootstrap-servers", bootstrapServers);
            with("spring.datasource.username", postgres.username());
            with("spring.datasource.password", postgres.password());
            with("spring.main.banner-mode", "off");
            with("spring.main.register-shutdown-hook", "false");
            with("spring.flyway.enabled", "false");
            with("spring.liquibase.enabled", "false");
            with(
                    EXCLUDE,
                    "org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration,"
                            + "org.springframework.boot.autoconfigure.data.jpa.JpaRepositoriesAutoConfiguration");
            with("management.tracing.enabled", "false");
        }

        /**
         * Lets the application use the JPA that is on its class path.
         */
        public Builder withJpa() {
            this.properties.remove(EXCLUDE);
            with("spring.jpa.open-in-view", "false");
            return this;
        }

        /**
         * Stores nothing, and has no database.
         */
        public Builder withoutDatabase() {
            this.properties.compute(
                    EXCLUDE,
                    (name, value) ->
                            value + ",org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration");
            return with("resilient-kafka.fallback.store-failures", false);
        }

        public Builder database(String url) {
            return with("spring.datasource.url", url);
        }

        public Builder with(String property, Object value) {
            this.properties.put(property, value);
            return this;
        }

        public Builder sources(Class<?>... sources) {
            this.sources = sources;
            return this;
        }

        /**
         * The properties as a command line has them, for an application in a JVM of its own.
         */
        private List<String> arguments() {
            return this.properties.entrySet().stream()
                    .map(entry -> "--" + entry.getKey() + "=" + entry.getValue())
                    .toList();
        }

        /**
         * Describes a class with a {@code main} method that runs in a JVM of its own, with these properties.
         */
        public LocalApplication.Builder inJvmOfItsOwn(Class<?> main) {
            return LocalApplication.builder(main).arguments(arguments().toArray(String[]::new));
        }

        public TestApplication start() {
            return new TestApplication(new SpringApplicationBuilder(this.sources)
                    .web(WebApplicationType.NONE)
                    .run(arguments().toArray(String[]::new)));
        }
    }
}
