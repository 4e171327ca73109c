package io.github.resilientkafka.guest;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;

/**
 * An entity of the application's own.
 */
@Entity
public class Guest {

    @Id
    private String name;

    protected Guest() {}

    public Guest(String name) {
        this.name = name;
    }

    public String getName() {
        return this.name;
    }
}
