package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.AllAutoConfigurations;
import io.github.resilientkafka.lifecycle.ListenerCrashed;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.event.ConcurrentContainerStoppedEvent;
import org.springframework.kafka.event.ConsumerStartedEvent;
import org.springframework.kafka.event.ConsumerStoppedEvent;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;

/**
 * An application with one listener, whose consumers need no Kafka and can be made to fail at each step. It is started by
 * the test.
 */
@Configuration(proxyBeanMethods = false)
class ListenerOnMocks {

    static final String ID = "manual";

    static final Duration SOON = Duration.ofSeconds(20);

    static ApplicationContextRunner runner() {
        return new ApplicationContextRunner()
                .withClassLoader(new FilteredClassLoader("org.springframework.boot.health"))
                .withConfiguration(
                        AutoConfigurations.of(KafkaAutoConfiguration.class, DataSourceAutoConfiguration.class))
                .withConfiguration(AutoConfigurations.of(AllAutoConfigurations.classes()))
                .withUserConfiguration(ListenerOnMocks.class)
                .withPropertyValues(
                        "spring.application.name=test",
                        "resilient-kafka.listener.supervisor.backoff=100ms",
                        "resilient-kafka.listener.supervisor.max-backoff=300ms",
                        "spring.kafka.bootstrap-servers=127.0.0.1:1",
                        "spring.datasource.url=jdbc:h2:mem:supervised;DB_CLOSE_DELAY=-1");
    }

    static ListenerStatus status(ApplicationContext context) {
        return context.getBean(ListenerSupervisor.class).status(ID).orElseThrow();
    }

    @SuppressWarnings("unchecked")
    static ConcurrentMessageListenerContainer<Object, Object> container(ApplicationContext context) {
        return (ConcurrentMessageListenerContainer<Object, Object>)
                context.getBean(KafkaListenerEndpointRegistry.class).getListenerContainer(ID);
    }

    /** Waits as a handler does that is at work. */
    static void work(CountDownLatch end) {
        try {
            end.await(1, TimeUnit.MINUTES);
        } catch (InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    @Bean
    Handler handler() {
        return new Handler();
    }

    @Bean
    Consumers consumers(@Value("${test.static:false}") boolean staticMembers) {
        return new Consumers(staticMembers ? Map.of("group.instance.id", "one") : Map.of());
    }

    @Bean
    Traps traps() {
        return new Traps();
    }

    static class Handler {

        @KafkaListener(
                id = ID,
                topics = "orders",
                groupId = "g",
                autoStartup = "false",
                concurrency = "${test.concurrency:1}")
        void handle(String value) {}
    }

    /** Event listeners of the application's, which may throw. */
    static final class Traps {

        final List<ListenerCrashed> crashes = new CopyOnWriteArrayList<>();

        volatile Runnable atStart = () -> {};

        volatile Runnable atEnd = () -> {};

        @EventListener
        void started(ConsumerStartedEvent event) {
            this.atStart.run();
        }

        @EventListener
        void consumerStopped(ConsumerStoppedEvent event) {
            this.atEnd.run();
        }

        @EventListener
        void stopped(ConcurrentContainerStoppedEvent event) {
            this.atEnd.run();
        }

        @EventListener
        void crashed(ListenerCrashed event) {
            this.crashes.add(event);
        }
    }

    /** Makes consumers, which are numbered from 1. */
    static final class Consumers extends DefaultKafkaConsumerFactory<Object, Object> {

        final List<MockConsumer<Object, Object>> made = new CopyOnWriteArrayList<>();

        final AtomicInteger asked = new AtomicInteger();

        volatile IntConsumer atCreation = number -> {};

        volatile IntConsumer atPoll = number -> {};

        Consumers(Map<String, Object> settings) {
            super(Map.of("bootstrap.servers", "127.0.0.1:1", "enable.auto.commit", false, "group.id", "g"));
            updateConfigs(settings);
        }

        long open() {
            return this.made.stream().filter(consumer -> !consumer.closed()).count();
        }

        @Override
        public org.apache.kafka.clients.consumer.Consumer<Object, Object> createConsumer(
                String group, String prefix, String suffix, Properties properties) {
            int number = this.asked.incrementAndGet();
            this.atCreation.accept(number);
            MockConsumer<Object, Object> consumer = new MockConsumer<>(OffsetResetStrategy.EARLIEST) {

                @Override
                public ConsumerRecords<Object, Object> poll(Duration timeout) {
                    Consumers.this.atPoll.accept(number);
                    try {
                        TimeUnit.MILLISECONDS.sleep(20); // as there are no records
                    } catch (InterruptedException ex) {
                        Thread.currentThread().interrupt();
                    }
                    return ConsumerRecords.empty();
                }
            };
            this.made.add(consumer);
            return consumer;
        }
    }
}
