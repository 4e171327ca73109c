package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.ProducerSettings;
import io.github.resilientkafka.publisher.PublisherStats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.context.annotation.Configuration;

/**
 * An application with the starter, as its users build it: everything from the auto-configuration, with its defaults.
 */
final class Application implements AutoCloseable {

    private final ConfigurableApplicationContext context;

    private Application(ConfigurableApplicationContext context) {
        this.context = context;
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Minimal {}

    /**
     * Starts it.
     * @param arguments further settings, as on a command line
     */
    static Application start(Servers servers, String... arguments) {
        return start(addresses(servers), arguments);
    }

    /**
     * Starts it where the servers are another JVM's.
     * @param addresses see {@link #addresses}
     * @param arguments further settings
     */
    static Application start(List<String> addresses, String... arguments) {
        List<String> all = new ArrayList<>(addresses);
        all.addAll(List.of(arguments));
        return new Application(new SpringApplicationBuilder(Minimal.class)
                .web(WebApplicationType.NONE)
                // Rows that a benchmark puts into the table wait until it says so.
                .properties("resilient-kafka.retry.interval=1h")
                .run(all.toArray(String[]::new)));
    }

    /**
     * What every application needs to know, as on a command line.
     */
    static List<String> addresses(Servers servers) {
        return List.of(
                "--spring.main.banner-mode=off",
                "--spring.application.name=benchmarks",
                "--spring.kafka.bootstrap-servers=" + servers.kafka().bootstrapServers(),
                "--spring.kafka.producer.value-serializer=" + ByteArraySerializer.class.getName(),
                "--spring.datasource.url=" + servers.postgres().jdbcUrl(),
                "--spring.datasource.username=" + servers.postgres().username(),
                "--spring.datasource.password=" + servers.postgres().password());
    }

    EventPublisher publisher() {
        return this.context.getBean(EventPublisher.class);
    }

    FailedEventRetryService retries() {
        return this.context.getBean(FailedEventRetryService.class);
    }

    ApplicationContext context() {
        return this.context;
    }

    String bootstrapServers() {
        return this.context.getEnvironment().getRequiredProperty("spring.kafka.bootstrap-servers");
    }

    /**
     * The relay, which can be stopped and started again while the application runs.
     */
    Lifecycle relay() {
        return (Lifecycle) retries();
    }

    /**
     * The settings of our own producers, so that the reference's are the same whatever they are.
     */
    ProducerSettings producerSettings() {
        return this.context.getBean(ProducerSettings.class);
    }

    /**
     * Waits until Kafka is there and nothing is stored for it any more.
     */
    void awaitReady() throws InterruptedException {
        await("Kafka is there", () -> publisher().getPublisherStats().ready());
        await("all events go to Kafka directly", this::isDirect);
    }

    private boolean isDirect() {
        PublisherStats stats = publisher().getPublisherStats();
        return stats.circuitBreakerState().equals("CLOSED") && stats.divertedLanes() == 0;
    }

    void awaitCircuit(String state) throws InterruptedException {
        await(
                "the circuit is " + state,
                () -> publisher().getPublisherStats().circuitBreakerState().equals(state));
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("Waited in vain until " + what);
            }
            Thread.sleep(20);
        }
    }

    @Override
    public void close() {
        this.context.close();
    }
}
