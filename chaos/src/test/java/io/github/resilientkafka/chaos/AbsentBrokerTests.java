package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilientkafka.testing.LocalKafka;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

class AbsentBrokerTests {

    @Test
    void topicsRefuseWhatHasTooFewReplicas() throws Exception {
        try (LocalKafka kafka =
                LocalKafka.builder().property("default.replication.factor", 2).launch()) {
            AbsentBroker.register(kafka);
            kafka.createTopic("takes", 1);
            kafka.createTopic("refuses", 1, Map.of("min.insync.replicas", "2"));
            Map<String, Object> config = kafka.adminConfig();
            // A refusal is final: it is told as it is.
            config.put(ProducerConfig.RETRIES_CONFIG, 0);
            try (KafkaProducer<String, String> producer =
                    new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
                producer.send(new ProducerRecord<>("takes", "a")).get();
                assertThatThrownBy(() -> producer.send(new ProducerRecord<>("refuses", "b"))
                                .get())
                        .isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(NotEnoughReplicasException.class);
            }
        }
    }
}
