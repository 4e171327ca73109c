package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What is stored of a scope.
 */
class StoreScopeTests {

    @Test
    @DisplayName("W1: the number of a scope never changes: there are rows that have it")
    void number() {
        assertThat(new StoreScope(null, "orders", "default").number()).isEqualTo(337694716);
        assertThat(new StoreScope("kafka", "orders", "default").number()).isEqualTo(337694716);
    }
}
