package io.github.resilientkafka.chaos;

import io.github.resilientkafka.lifecycle.CircuitOpened;
import io.github.resilientkafka.listener.BadDataException;
import io.github.resilientkafka.listener.DependencyDownException;
import io.github.resilientkafka.listener.DependencyProbe;
import io.github.resilientkafka.publisher.EventPublisher;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.listener.BatchListenerFailedException;

/**
 * The application on trial, as a user of the starter would write it: it publishes with the {@code EventPublisher} and has
 * plain listeners. It writes down what it was promised and what it did.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class ChaosApplication implements DisposableBean {

    /** Which topics each group listens to; a group is called as its listener is. */
    static final Map<String, List<String>> GROUPS =
            Map.of("orders", List.of("orders"), "audit", List.of("orders", "invoices"));

    /** How often a handler fails with a record that is {@link Payload.Kind#FLAKY}. */
    private static final int FAILURES = 2;

    private final Path directory;

    private final Switches switches;

    private final Journal journal;

    private volatile @Nullable Load load;

    private final Map<String, Integer> failures = new ConcurrentHashMap<>();

    ChaosApplication(@Value("${chaos.directory}") Path directory) {
        this.directory = directory;
        this.switches = new Switches(directory);
        this.journal = new Journal(directory);
    }

    public static void main(String[] arguments) throws IOException {
        ConfigurableApplicationContext context = SpringApplication.run(ChaosApplication.class, arguments);
        ChaosApplication application = context.getBean(ChaosApplication.class);
        application.load = new Load(
                context.getBean(EventPublisher.class),
                application.journal,
                application.switches,
                application.directory.getFileName().toString(),
                context.getEnvironment().getRequiredProperty("chaos.rate", Integer.class),
                context.getEnvironment().getRequiredProperty("chaos.too-large-every", Integer.class));
        application.load.start();
        Instance.isUp(application.directory, application.journal);
        if (context.getEnvironment().getProperty("chaos.vitals", Boolean.class, false)) {
            Executors.newSingleThreadScheduledExecutor()
                    .scheduleWithFixedDelay(
                            () -> Vitals.measure().write(application.directory), 0, 10, TimeUnit.SECONDS);
        }
    }

    @KafkaListener(id = "orders", topics = "orders")
    void order(ConsumerRecord<String, String> order) {
        if (!this.switches.arePaymentsUp()) {
            throw new DependencyDownException("payments");
        }
        handle("orders", order);
    }

    @KafkaListener(
            id = "audit",
            topics = {"orders", "invoices"},
            batch = "true")
    void audit(List<ConsumerRecord<String, String>> records) {
        for (ConsumerRecord<String, String> each : records) {
            try {
                handle("audit", each);
            } catch (RuntimeException ex) {
                throw new BatchListenerFailedException("Record " + each.offset(), ex, each);
            }
        }
    }

    private void handle(String group, ConsumerRecord<String, String> each) {
        Payload payload = Payload.parse(each.value());
        if (payload.kind() == Payload.Kind.POISON) {
            throw new BadDataException("poison");
        }
        if (payload.kind() == Payload.Kind.FLAKY
                && this.failures.merge(group + "/" + payload, 1, Integer::sum) <= FAILURES) {
            throw new IllegalStateException("flaky");
        }
        this.journal.handled(group, new Position(each.topic(), each.partition(), each.offset()), payload);
    }

    @EventListener
    void note(CircuitOpened event) {
        this.journal.circuitOpened();
    }

    /** The publisher is closed by now. */
    @Override
    public void destroy() throws InterruptedException {
        Load load = this.load;
        if (load != null) {
            load.close();
        }
        this.journal.ended();
    }

    @Bean
    DependencyProbe payments() {
        return this.switches::arePaymentsUp;
    }

    @Bean
    Clock clock() {
        return new SkewedClock(this.switches);
    }
}
