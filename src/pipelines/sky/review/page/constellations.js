// Names by the codes that WTML has. The Serpent is in two parts.

export const constellations = {
  AND: 'Andromeda', ANT: 'Antlia', APS: 'Apus', AQR: 'Aquarius', AQL: 'Aquila', ARA: 'Ara', ARI: 'Aries',
  AUR: 'Auriga', BOO: 'Boötes', CAE: 'Caelum', CAM: 'Camelopardalis', CNC: 'Cancer', CVN: 'Canes Venatici',
  CMA: 'Canis Major', CMI: 'Canis Minor', CAP: 'Capricornus', CAR: 'Carina', CAS: 'Cassiopeia', CEN: 'Centaurus',
  CEP: 'Cepheus', CET: 'Cetus', CHA: 'Chamaeleon', CIR: 'Circinus', COL: 'Columba', COM: 'Coma Berenices',
  CRA: 'Corona Australis', CRB: 'Corona Borealis', CRV: 'Corvus', CRT: 'Crater', CRU: 'Crux', CYG: 'Cygnus',
  DEL: 'Delphinus', DOR: 'Dorado', DRA: 'Draco', EQU: 'Equuleus', ERI: 'Eridanus', FOR: 'Fornax', GEM: 'Gemini',
  GRU: 'Grus', HER: 'Hercules', HOR: 'Horologium', HYA: 'Hydra', HYI: 'Hydrus', IND: 'Indus', LAC: 'Lacerta',
  LEO: 'Leo', LMI: 'Leo Minor', LEP: 'Lepus', LIB: 'Libra', LUP: 'Lupus', LYN: 'Lynx', LYR: 'Lyra', MEN: 'Mensa',
  MIC: 'Microscopium', MON: 'Monoceros', MUS: 'Musca', NOR: 'Norma', OCT: 'Octans', OPH: 'Ophiuchus', ORI: 'Orion',
  PAV: 'Pavo', PEG: 'Pegasus', PER: 'Perseus', PHE: 'Phoenix', PIC: 'Pictor', PSC: 'Pisces', PSA: 'Piscis Austrinus',
  PUP: 'Puppis', PYX: 'Pyxis', RET: 'Reticulum', SGE: 'Sagitta', SGR: 'Sagittarius', SCO: 'Scorpius',
  SCL: 'Sculptor', SCT: 'Scutum', SER1: 'Serpens Caput', SER2: 'Serpens Cauda', SEX: 'Sextans', TAU: 'Taurus',
  TEL: 'Telescopium', TRI: 'Triangulum', TRA: 'Triangulum Australe', TUC: 'Tucana', UMA: 'Ursa Major',
  UMI: 'Ursa Minor', VEL: 'Vela', VIR: 'Virgo', VOL: 'Volans', VUL: 'Vulpecula',
};
