package io.github.resilientkafka.supervisor;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.config.ContainerCustomizer;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.transaction.KafkaTransactionManager;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/**
 * An application with listeners that stop in different ways; only the first starts by itself.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class FragileListeners {

    static final String PAIR = "pair";

    static final String WITHOUT_OFFSET = "without-offset";

    static final String STATIC_MEMBER = "static-member";

    static final String STARVED = "starved";

    static final String TRANSACTIONAL = "transactional";

    static final String HANGING = "hanging";

    static final String BUSY = "busy";

    @Bean
    Scripted scripted() {
        return new Scripted();
    }

    @Bean
    News news() {
        return new News();
    }

    @Bean
    Traps traps() {
        return new Traps();
    }

    @Bean
    ContainerCustomizer<Object, Object, ConcurrentMessageListenerContainer<Object, Object>> customizer(Traps traps) {
        return container -> {
            if (container.getListenerId().equals(PAIR)) {
                container.setRecordInterceptor(traps);
            }
            if (List.of(HANGING, BUSY).contains(container.getListenerId())) {
                container.getContainerProperties().setShutdownTimeout(200);
            }
        };
    }

    @Bean
    ThreadPoolTaskExecutor oneThread() {
        ThreadPoolTaskExecutor executor = new ThreadPoolTaskExecutor();
        executor.setCorePoolSize(1);
        return executor;
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<Object, Object> starvedFactory(
            ConsumerFactory<Object, Object> consumerFactory, ThreadPoolTaskExecutor oneThread) {
        ConcurrentKafkaListenerContainerFactory<Object, Object> factory =
                new ConcurrentKafkaListenerContainerFactory<>();
        factory.setConsumerFactory(consumerFactory);
        factory.getContainerProperties().setListenerTaskExecutor(oneThread);
        factory.getContainerProperties().setConsumerStartTimeout(Duration.ofMillis(300));
        factory.getContainerProperties().setShutdownTimeout(200);
        return factory;
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<Object, Object> transactionalFactory(
            ConsumerFactory<Object, Object> consumerFactory,
            @Value("${spring.kafka.bootstrap-servers}") String servers,
            @Value("${test.topic}") String topic) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", servers);
        settings.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        settings.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        DefaultKafkaProducerFactory<Object, Object> producers = new DefaultKafkaProducerFactory<>(settings);
        producers.setTransactionIdPrefix(topic + "-");
        ConcurrentKafkaListenerContainerFactory<Object, Object> factory =
                new ConcurrentKafkaListenerContainerFactory<>();
        factory.setConsumerFactory(consumerFactory);
        factory.getContainerProperties().setKafkaAwareTransactionManager(new KafkaTransactionManager<>(producers));
        factory.getContainerProperties().setStopContainerWhenFenced(true);
        return factory;
    }

    @Bean
    Listeners listeners(Scripted scripted) {
        return new Listeners(scripted);
    }

    record Listeners(Scripted scripted) {

        @KafkaListener(id = PAIR, topics = "${test.topic}", groupId = "${test.topic}", concurrency = "2")
        void pair(ConsumerRecord<String, String> record) {
            this.scripted.handle(record);
        }

        @KafkaListener(
                id = WITHOUT_OFFSET,
                topics = "${test.topic}.other",
                groupId = "${test.topic}.none",
                properties = "auto.offset.reset=none",
                autoStartup = "false")
        void withoutOffset(ConsumerRecord<String, String> record) {
            this.scripted.handle(record);
        }

        @KafkaListener(
                id = STATIC_MEMBER,
                topics = "${test.topic}.other",
                groupId = "${test.topic}.static",
                properties = {"group.instance.id=one", "heartbeat.interval.ms=200"},
                autoStartup = "false")
        void staticMember(ConsumerRecord<String, String> record) {
            this.scripted.handle(record);
        }

        @KafkaListener(
                id = STARVED,
                topics = "${test.topic}.other",
                groupId = "${test.topic}.starved",
                containerFactory = "starvedFactory",
                autoStartup = "false")
        void starved(ConsumerRecord<String, String> record) {
            this.scripted.handle(record);
        }

        @KafkaListener(
                id = HANGING,
                topics = "${test.topic}.other",
                groupId = "${test.topic}.hanging",
                properties = "max.poll.interval.ms=2000",
                autoStartup = "false")
        void hanging(ConsumerRecord<String, String> record) {
            this.scripted.handle(record);
        }

        @KafkaListener(
                id = BUSY,
                topics = "${test.topic}.busy",
                groupId = "${test.topic}.busy",
                concurrency = "2",
                autoStartup = "false")
        void busy(ConsumerRecord<String, String> record) {
            this.scripted.handle(record);
        }

        @KafkaListener(
                id = TRANSACTIONAL,
                topics = "${test.topic}.tx",
                groupId = "${test.topic}.tx",
                containerFactory = "transactionalFactory",
                concurrency = "3",
                autoStartup = "false")
        void transactional(ConsumerRecord<String, String> record) {
            this.scripted.handle(record);
        }
    }
}
