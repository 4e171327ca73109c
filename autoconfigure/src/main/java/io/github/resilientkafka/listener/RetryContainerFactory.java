package io.github.resilientkafka.listener;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.springframework.beans.BeanUtils;
import org.springframework.core.task.AsyncTaskExecutor;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.BatchInterceptor;
import org.springframework.kafka.listener.BatchMessageListener;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.RecordInterceptor;

/**
 * Makes a container for a listener's retry topics, as the listener's own is: same consumer factory, handler, interceptors
 * and settings, but one consumer in a group of its own.
 */
final class RetryContainerFactory {

    private final RetryTopics topics;

    RetryContainerFactory(RetryTopics topics) {
        this.topics = topics;
    }

    /**
     * Makes a container. To be called before the listener's own is guarded.
     * @param main the listener's container
     * @param group its group
     * @param sources its topics
     * @param settings the settings of its consumers
     */
    <K, V> ConcurrentMessageListenerContainer<K, V> make(
            AbstractMessageListenerContainer<K, V> main,
            String group,
            List<String> sources,
            Map<String, Object> settings) {
        ContainerProperties properties =
                new ContainerProperties(sources.stream().map(this.topics::of).toArray(String[]::new));
        copy(main.getContainerProperties(), properties);
        properties.setGroupId(this.topics.of(group));
        properties.setKafkaConsumerProperties(consumerProperties(main.getContainerProperties()));
        Object clientId = main.getContainerProperties().getClientId();
        if (clientId == null || clientId.toString().isEmpty()) {
            clientId = settings.get(ConsumerConfig.CLIENT_ID_CONFIG);
        }
        if (clientId != null) {
            properties.setClientId(this.topics.of(clientId.toString()));
        }
        ConcurrentMessageListenerContainer<K, V> retry =
                new ConcurrentMessageListenerContainer<>(consumerFactory(main), properties);
        configure(main, retry);
        return retry;
    }

    private <K, V> void configure(
            AbstractMessageListenerContainer<K, V> main, ConcurrentMessageListenerContainer<K, V> retry) {
        retry.setBeanName(this.topics.of(main.getListenerId()));
        retry.setAutoStartup(false);
        retry.setChangeConsumerThreadName(main.isChangeConsumerThreadName());
        retry.setThreadNameSupplier(main.getThreadNameSupplier());
        if (main.getApplicationEventPublisher() != null) {
            retry.setApplicationEventPublisher(main.getApplicationEventPublisher());
        }
        byte[] info = main.getListenerInfo();
        if (info != null) {
            retry.setListenerInfo(info);
        }
        RecordInterceptor<K, V> recordInterceptor = ContainerInterceptors.ofRecords(main);
        if (recordInterceptor != null) {
            retry.setRecordInterceptor(recordInterceptor);
        }
        BatchInterceptor<K, V> batchInterceptor = ContainerInterceptors.ofBatches(main);
        if (batchInterceptor != null) {
            retry.setBatchInterceptor(batchInterceptor);
        }
    }

    /**
     * What is about the listener's own topics, or about being without work, stays behind; so does an executor that may
     * have just as many threads as the listener needs.
     */
    private static void copy(ContainerProperties main, ContainerProperties retry) {
        BeanUtils.copyProperties(
                main,
                retry,
                "topics",
                "topicPartitions",
                "topicPattern",
                "ackCount",
                "ackTime",
                "subBatchPerPartition",
                "consumerRebalanceListener",
                "kafkaConsumerProperties",
                "listenerTaskExecutor",
                "idleEventInterval",
                "idlePartitionEventInterval",
                "missingTopicsFatal");
        if (main.getAckCount() > 0) {
            retry.setAckCount(main.getAckCount());
        }
        if (main.getAckTime() > 0) {
            retry.setAckTime(main.getAckTime());
        }
        AsyncTaskExecutor executor = main.getListenerTaskExecutor();
        if (executor instanceof SimpleAsyncTaskExecutor) {
            retry.setListenerTaskExecutor(executor);
        }
    }

    private static Properties consumerProperties(ContainerProperties main) {
        Properties properties = new Properties();
        main.getKafkaConsumerProperties()
                .stringPropertyNames()
                .forEach(name -> properties.setProperty(
                        name, main.getKafkaConsumerProperties().getProperty(name)));
        // A record that is moved before the group has any offset must not be overlooked.
        properties.setProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        // Each record that is not due yet makes the consumer ask anew for the others that it had, after its last
        // question.
        properties.setProperty(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "100");
        if (main.getMessageListener() instanceof BatchMessageListener<?, ?>) {
            // Each record has a time of its own.
            properties.setProperty(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "1");
        }
        return properties;
    }

    private static <K, V> ConsumerFactory<K, V> consumerFactory(AbstractMessageListenerContainer<K, V> container) {
        ConsumerFactory<K, V> factory = ConsumerSettings.factoryOf(container);
        if (factory == null) {
            throw new IllegalStateException("This version of spring-kafka is not known to us: strategy retry-topic"
                    + " needs AbstractMessageListenerContainer.consumerFactory");
        }
        return factory;
    }
}
