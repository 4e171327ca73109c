package io.github.resilientkafka;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Looks at the order in which a topic's values, {@code <source>-<number>}, first occur: for each key and source the
 * numbers ascend, or there is an inversion. What comes a second time does not count.
 */
public final class KeyOrder {

    private final Set<String> values = new HashSet<>();

    private final List<String> inversions = new ArrayList<>();

    private long duplicates;

    private KeyOrder() {}

    public static KeyOrder of(List<ConsumerRecord<byte[], byte[]>> records) {
        KeyOrder order = new KeyOrder();
        Map<String, Integer> highest = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            String value = TopicReader.text(record.value());
            int dash = value.lastIndexOf('-');
            String line = TopicReader.text(record.key()) + "/" + value.substring(0, dash);
            int number = Integer.parseInt(value.substring(dash + 1));
            if (!order.values.add(value)) {
                order.duplicates++;
            } else if (number < highest.getOrDefault(line, -1)) {
                order.inversions.add(value + " after " + highest.get(line) + " (key " + line + ")");
            } else {
                highest.put(line, number);
            }
        }
        return order;
    }

    public Set<String> values() {
        return this.values;
    }

    public List<String> inversions() {
        return this.inversions;
    }

    public long duplicates() {
        return this.duplicates;
    }
}
