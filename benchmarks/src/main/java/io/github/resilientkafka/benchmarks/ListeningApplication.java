package io.github.resilientkafka.benchmarks;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.util.backoff.FixedBackOff;

/**
 * An application with one plain listener, with the starter or without.
 */
final class ListeningApplication implements AutoCloseable {

    /** How long a failed record waits, on all sides alike. */
    static final int PAUSE_MILLIS = 2_000;

    private static final String LISTENER = "events";

    private static final AtomicInteger GROUP = new AtomicInteger();

    private final ConfigurableApplicationContext context;

    /**
     * What handles records.
     */
    interface Handler {

        void handle(ConsumerRecord<byte[], byte[]> record);
    }

    /** Who looks after the listener. */
    enum Side {

        /** The starter, with its defaults but for the pause. */
        OURS("--resilient-kafka.listener.max-attempts=1000000"),

        /** Nobody: spring-kafka as it comes. */
        BARE("--resilient-kafka.enabled=false"),

        /** spring-kafka's own error handler, with a back-off as long as our pause. */
        DEFAULT_ERROR_HANDLER("--resilient-kafka.enabled=false", "--spring.profiles.active=default-error-handler");

        private final String[] arguments;

        Side(String... arguments) {
            this.arguments = arguments;
        }
    }

    static final class Listener {

        private volatile Handler handler = record -> {};

        @KafkaListener(id = LISTENER, topics = "${benchmark.topic}", autoStartup = "false", idIsGroup = false)
        void handle(ConsumerRecord<byte[], byte[]> record) {
            this.handler.handle(record);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        @Bean
        Listener listener() {
            return new Listener();
        }

        @Bean
        @Profile("default-error-handler")
        DefaultErrorHandler errorHandler() {
            return new DefaultErrorHandler(new FixedBackOff(PAUSE_MILLIS, FixedBackOff.UNLIMITED_ATTEMPTS));
        }
    }

    private ListeningApplication(ConfigurableApplicationContext context) {
        this.context = context;
    }

    static ListeningApplication start(Servers servers, String topic, Side side, int pauseMillis) {
        return new ListeningApplication(new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .properties(
                        "spring.main.banner-mode=off",
                        "spring.application.name=listening",
                        "benchmark.topic=" + topic,
                        "spring.kafka.bootstrap-servers=" + servers.kafka().bootstrapServers(),
                        "spring.kafka.consumer.group-id=none",
                        "spring.kafka.consumer.auto-offset-reset=earliest",
                        "spring.kafka.consumer.key-deserializer=" + ByteArrayDeserializer.class.getName(),
                        "spring.kafka.consumer.value-deserializer=" + ByteArrayDeserializer.class.getName(),
                        "spring.datasource.url=" + servers.postgres().jdbcUrl(),
                        "spring.datasource.username=" + servers.postgres().username(),
                        "spring.datasource.password=" + servers.postgres().password(),
                        "resilient-kafka.listener.pause=" + pauseMillis + "ms",
                        "resilient-kafka.listener.max-pause=" + pauseMillis + "ms",
                        // The container's own line for each record that is tried again.
                        "logging.level.org.springframework.kafka.listener.KafkaMessageListenerContainer=WARN")
                .run(side.arguments));
    }

    /**
     * Reads the topic from its beginning, as a group that has never read it.
     * @param handler called on the consumer's thread
     */
    void listen(Handler handler) {
        this.context.getBean(Listener.class).handler = handler;
        container().getContainerProperties().setGroupId("group-" + GROUP.incrementAndGet());
        container().start();
    }

    void stopListening() {
        container().stop();
    }

    private MessageListenerContainer container() {
        MessageListenerContainer container =
                this.context.getBean(KafkaListenerEndpointRegistry.class).getListenerContainer(LISTENER);
        if (container == null) {
            throw new IllegalStateException("There is no listener " + LISTENER);
        }
        return container;
    }

    @Override
    public void close() {
        this.context.close();
    }
}
